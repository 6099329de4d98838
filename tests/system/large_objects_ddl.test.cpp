#include "tests/support/catch.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/ask.hpp"
#include "tests/system/documents.hpp"
#include "tests/system/interleaving.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

/// Large objects of tables whose schema changes, and of tables that wait for one.

namespace {

const std::string captured = "{capture: true}";
const std::string differs = "table public.document differs";

/// The first `count` documents with objects of this size.
std::string documents_of(int count, const std::string& size) {
    return "INSERT INTO document SELECT i, 'd' || i, lo_from_bytea(0, convert_to(repeat(i::text || ' ', " + size +
           "), 'UTF8')), NULL FROM generate_series(1, " + std::to_string(count) + ") i";
}

}  // namespace

TEST_CASE("a table that is made later has its large objects from its first row on, whatever rules it has") {
    auto options = with_documents();
    options.nodes.ddl = captured;
    options.nodes.extra =
        "large_objects: {public.document: [lo, preview], public.scan: [page, thumb]}\n"
        "conflicts: {tables: {public.document: {orphans: restore_parent}}}\n";
    auto tree = Tree::chain(3, options);
    auto& a = tree[0];
    auto& c = tree[2];
    a.sql().exec("INSERT INTO document VALUES (1, 'one', lo_from_bytea(0, 'of a document'), NULL)");
    a.sql().exec("CREATE TABLE scan (nr bigint PRIMARY KEY, thumb oid, page oid)");
    a.sql().exec("INSERT INTO scan VALUES (1, NULL, lo_from_bytea(0, " + bytes(1, 700'000) + "))");
    check_documents(tree);
    const std::string content = "SELECT octet_length(lo_get(page)) || ' ' || md5(lo_get(page)) FROM scan WHERE nr = 1";
    for (const auto& node : tree.nodes()) {
        CHECK(node->sql().value("SELECT large_objects FROM replication.tables WHERE table_name = 'scan'") ==
              "{page,thumb}");
        CHECK(node->sql().value(content) == a.sql().value(content));
    }
    c.sql().exec("BEGIN; UPDATE scan SET nr = nr; SELECT lo_put(page, 0, 'changed at c') FROM scan; COMMIT");
    check_documents(tree);
    CHECK(a.sql().value("SELECT convert_from(lo_get(page, 0, 12), 'UTF8') FROM scan") == "changed at c");
    // Another column does not disturb it, and neither does a new name for the table.
    a.sql().exec("ALTER TABLE scan ADD note text DEFAULT 'none'");
    a.sql().exec("ALTER TABLE scan RENAME TO sheet");
    a.sql().exec("BEGIN; UPDATE sheet SET note = 'x'; SELECT lo_put(page, 0, 'and at a') FROM sheet; COMMIT");
    check_documents(tree);
    CHECK(c.sql().value("SELECT convert_from(lo_get(page, 0, 12), 'UTF8') || note FROM sheet") == "and at aat cx");
    check_logs_drained(tree);
}

TEST_CASE("a column with large objects stays what it is until it is declared no more") {
    auto options = with_documents();
    options.nodes.ddl = captured;
    auto tree = Tree::chain(2, options);
    auto& a = tree[0];
    for (const std::string change : {"DROP preview", "RENAME preview TO thumb", "ALTER preview TYPE bigint"}) {
        INFO(change);
        CHECK_THROWS_AS(a.sql().exec("ALTER TABLE document " + change), SqlError);
    }
    a.sql().exec("ALTER TABLE document DROP name");
    a.sql().exec("INSERT INTO document VALUES (1, lo_from_bytea(0, 'one'), NULL)");
    tree.sync_all();
    CHECK(text_of(tree[1], 1) == "one");
}

TEST_CASE("a table with large objects that was held catches up in chunks, while others flow and daemons are killed") {
    auto options = with_documents("batch: {max_rows: 7}\n");
    auto tree = Tree::chain(3, options);
    auto& a = tree[0];
    auto& b = tree[1];
    auto& c = tree[2];
    a.sql().exec(documents_of(40, "2000"));
    check_documents(tree);
    b.sql().exec("ALTER TABLE document ALTER name TYPE varchar(1000)");
    a.sql().exec("INSERT INTO note VALUES (0, 1)");
    wait_error(b, a, differs);
    wait_error(b, c, differs);
    for (int i = 1; i <= 20; ++i) {
        const auto id = std::to_string(i);
        a.sql().exec("BEGIN; UPDATE document SET name = name WHERE id = " + id +
                     "; SELECT lo_put(lo, 3000, 'at a') FROM document WHERE id = " + id + "; COMMIT");
        c.sql().exec("WITH old AS (DELETE FROM document WHERE id = " + std::to_string(i + 20) +
                     " RETURNING lo) SELECT lo_unlink(lo) FROM old");
    }
    // Both ends of the link that waits have written to one object.
    b.sql().exec(
        "BEGIN; UPDATE document SET name = name WHERE id = 3; SELECT lo_put(lo, 100, 'at b') FROM document WHERE id = "
        "3; COMMIT");
    b.faults().arm(GENERATE("objects.done.1", "apply.before_commit.1", "apply.committed.3"), Faults::Action::kill);
    b.sql().exec("ALTER TABLE document ALTER name TYPE text");
    for (int i = 1; i <= 5; ++i)
        a.sql().exec("INSERT INTO note VALUES (" + std::to_string(i) + ", " + std::to_string(i) + ")");
    REQUIRE(b.wait_exit(20s));
    b.faults().clear();
    b.start();
    check_documents(tree);
    tree.check_equal({"note"});
    check_logs_drained(tree);
    for (const auto& node : tree.nodes()) {
        CHECK(node->sql().number("SELECT count(*) FROM replication.held_tables") == 0);
        CHECK(node->sql().number("SELECT count(*) FROM document") == 20);
    }
}

TEST_CASE("objects that were written to while they were compared are taken again in the same turn as before") {
    auto tree = Tree::chain(2, with_documents());
    auto& a = tree[0];
    auto& b = tree[1];
    a.sql().exec(documents_of(1, "200000"));
    check_documents(tree);
    b.sql().exec("ALTER TABLE document ALTER name TYPE varchar(1000)");
    a.sql().exec("BEGIN; UPDATE document SET name = 'of a'; SELECT lo_put(lo, 600000, 'of a') FROM document; COMMIT");
    wait_error(b, a, differs);
    b.faults().arm("objects.fetched", Faults::Action::pause);
    b.sql().exec("ALTER TABLE document ALTER name TYPE text");
    b.faults().wait_reached("objects.fetched");
    b.sql().exec("BEGIN; SELECT lo_put(lo, 100000, 'of b') FROM document; COMMIT");
    a.sql().exec("INSERT INTO note SELECT i, 1 FROM generate_series(1, 100) i");
    b.faults().clear();
    tree.sync_all();
    CHECK_THAT(b.log(), contains("the batch is taken again"));
    check_documents(tree);
    tree.check_equal({"note"});
    CHECK(b.sql().number("SELECT count(*) FROM replication.held_tables") == 0);
}
