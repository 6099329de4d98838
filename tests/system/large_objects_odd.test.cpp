#include "tests/support/catch.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/documents.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

/// Large objects that somebody uses in another way than one row, one object, one user.

TEST_CASE("an object that two rows name is two objects at the other nodes, and goes with the last row that names it") {
    auto tree = Tree::chain(3, with_documents());
    auto& a = tree[0];
    auto& c = tree[2];
    a.sql().exec("INSERT INTO document VALUES (1, 'one', lo_from_bytea(0, " + bytes(1, 600'000) +
                 "), NULL); INSERT INTO document SELECT 2, 'two', lo, lo FROM document");
    check_documents(tree);
    CHECK(objects(a) == 1);
    CHECK(objects(c) == 3);
    a.sql().exec(
        "BEGIN; UPDATE document SET name = name; SELECT lo_put(lo, 300000, 'of both') FROM document WHERE id = 1; "
        "COMMIT");
    check_documents(tree);
    // What arrives for one row leaves the object alone that the other row names.
    c.sql().exec(
        "BEGIN; UPDATE document SET name = name WHERE id = 1; SELECT lo_put(lo, 0, 'of one') FROM document WHERE id = "
        "1; COMMIT");
    check_documents(tree);
    CHECK(objects(a) == 2);
    c.sql().exec("UPDATE document SET preview = NULL WHERE id = 2");
    c.sql().exec("SELECT lo_unlink(o) FROM replication.orphaned_objects() o");
    check_documents(tree);
    CHECK(objects(a) == 2);
    c.sql().exec("WITH old AS (DELETE FROM document WHERE id = 2 RETURNING lo) SELECT lo_unlink(lo) FROM old");
    check_documents(tree);
    CHECK(objects(a) == 1);
}

TEST_CASE("who reads an object goes on reading what he began with, and keeps nobody waiting") {
    auto tree = Tree::chain(2, with_documents());
    auto& a = tree[0];
    auto& b = tree[1];
    a.sql().exec("INSERT INTO document VALUES (1, 'one', lo_from_bytea(0, 'old'), NULL)");
    check_documents(tree);
    const auto number = b.sql().value("SELECT lo FROM document");
    const auto read = "SELECT convert_from(lo_get(" + number + "), 'UTF8')";
    Database snapshot(b.conninfo());
    snapshot.exec("BEGIN ISOLATION LEVEL REPEATABLE READ");
    CHECK(snapshot.value(read) == "old");
    Database descriptor(b.conninfo());
    descriptor.exec("BEGIN");
    const auto fd = descriptor.value("SELECT lo_open(" + number + ", x'40000'::int)");
    a.sql().exec("BEGIN; UPDATE document SET name = 'two'; SELECT lo_put(lo, 0, 'new') FROM document; COMMIT");
    check_documents(tree);
    CHECK(text_of(b, 1) == "new");
    CHECK(snapshot.value(read) == "old");
    CHECK(descriptor.value("SELECT convert_from(loread(" + fd + ", 100), 'UTF8')") == "old");
    snapshot.exec("COMMIT");
    descriptor.exec("COMMIT");
    CHECK_THROWS_AS(snapshot.value(read), SqlError);
    // The same at the source, whose user has deleted the object by the time that it is read.
    snapshot.exec("BEGIN ISOLATION LEVEL REPEATABLE READ");
    CHECK(snapshot.number("SELECT count(*) FROM document") == 1);
    b.faults().arm("pull.begun", Faults::Action::pause);
    a.sql().exec(
        "UPDATE document SET lo = lo_from_bytea(0, 'newer'); SELECT lo_unlink(o) FROM replication.orphaned_objects() "
        "o");
    b.faults().wait_reached("pull.begun");
    a.sql().exec("UPDATE document SET lo = NULL; SELECT lo_unlink(o) FROM replication.orphaned_objects() o");
    b.faults().release("pull.begun");
    check_documents(tree);
    CHECK(objects(a) + objects(b) == 0);
}

TEST_CASE("a block that somebody overwrites after it was found here is taken from the source after all") {
    const bool announced = GENERATE(false, true);
    CAPTURE(announced);
    auto tree = Tree::chain(2, with_documents());
    auto& a = tree[0];
    auto& b = tree[1];
    a.sql().exec("INSERT INTO document VALUES (1, 'one', lo_from_bytea(0, " + bytes(1, 1'000'000) + "), NULL)");
    check_documents(tree);
    b.faults().arm("objects.fetched", Faults::Action::pause);
    a.sql().exec("BEGIN; UPDATE document SET name = 'of a'; SELECT lo_put(lo, 600000, 'of a') FROM document; COMMIT");
    b.faults().wait_reached("objects.fetched");
    const std::string update = announced ? "UPDATE document SET name = 'of b';" : "";
    b.sql().exec("BEGIN; " + update + "SELECT lo_put(lo, 100000, 'of b') FROM document; COMMIT");
    b.faults().clear();
    tree.sync_all();
    CHECK_THAT(b.log(), contains("the batch is taken again"));
    check_documents(tree);
    CHECK(a.sql().value("SELECT name FROM document") == (announced ? "of b" : "of a"));
    const auto has = [&](const std::string& offset, const std::string& text) {
        return a.sql().value("SELECT lo_get(lo, " + offset + ", 4) = '" + text + "' FROM document") == "t";
    };
    CHECK(has("600000", "of a") == !announced);
    CHECK(has("100000", "of b") == announced);
    const std::string losers = "SELECT count(*) FROM replication.conflicts";
    CHECK(objects(a) + objects(b) == 2 + a.sql().number(losers) + b.sql().number(losers));
}
