#include "tests/support/catch.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/ask.hpp"
#include "tests/system/documents.hpp"
#include "tests/system/interleaving.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

namespace {

std::string insert(int id, const std::string& lo, const std::string& preview = "NULL") {
    const auto number = std::to_string(id);
    return "INSERT INTO document VALUES (" + number + ", 'document " + number + "', " + lo + ", " + preview + ");";
}

std::string made_of(const std::string& bytes) {
    return "lo_from_bytea(0, " + bytes + ")";
}

/// What a user does who changes an object: the row first, then the object.
std::string change(int id, const std::string& call) {
    const auto where = " WHERE id = " + std::to_string(id) + ";";
    return "BEGIN; UPDATE document SET name = name" + where + "SELECT " + call + " FROM document" + where + "COMMIT;";
}

std::string truncate_to(const std::string& length) {
    return "lo_truncate64(lo_open(lo, x'20000'::int), " + length + ")";
}

}  // namespace

TEST_CASE("large objects are created, changed, shrunk, grown, emptied, taken away and deleted at every node") {
    auto tree = Tree::chain(3, with_documents());
    auto& a = tree[0];
    auto& c = tree[2];
    a.sql().exec(insert(1, made_of(bytes(1, 1'000'000)), made_of(bytes(2, 3000))) + insert(2, made_of("'small'")) +
                 insert(3, "lo_create(0)") + insert(4, "NULL", made_of("'a preview'")) +
                 insert(5, made_of(bytes(5, 524'288))));
    check_documents(tree);
    CHECK(objects(c) == 6);
    CHECK_THAT(documents(c), contains("1000000:") && contains("3 document 3 0:d41d8cd98f00b204e9800998ecf8427e"));
    // One change a round, so that each finds what the others left.
    const std::vector<std::string> changes = {
        change(1, "lo_put(lo, 500000, 'in the middle')"),
        change(1, truncate_to("300000")),
        change(1, truncate_to("300000000")),
        change(1, "lo_put(lo, 299000000, 'far out')"),
        change(1, truncate_to("2048")),
        change(1, truncate_to("0")),
        change(3, "lo_put(lo, 0, " + bytes(3, 700'000) + ")"),
        change(5, "lo_put(lo, 262144, decode(repeat('00', 262144), 'hex'))"),
        change(4, "lo_put(preview, 2, 'other')"),
        "UPDATE document SET name = 'renamed' WHERE id = 2",
        R"(WITH old AS (SELECT lo FROM document WHERE id = 2), new AS (UPDATE document SET lo = NULL WHERE id = 2)
           SELECT lo_unlink(lo) FROM old)",
        "UPDATE document SET lo = " + made_of("'again'") + " WHERE id = 2",
        R"(WITH old AS (DELETE FROM document WHERE id IN (1, 4) RETURNING *)
           SELECT lo_unlink(o) FROM old, LATERAL (VALUES (lo), (preview)) v(o) WHERE o IS NOT NULL)",
    };
    for (const auto& sql : changes) {
        INFO(sql);
        a.sql().exec(sql);
        check_documents(tree);
    }
    CHECK(text_of(c, 2) == "again");
    CHECK(objects(c) == 3);
    c.sql().exec(change(2, "lo_put(lo, 0, 'at c')"));
    check_documents(tree);
    CHECK(text_of(a, 2) == "at cn");
    check_settled(tree, {"note"});
}

TEST_CASE("rows that swap their objects, and columns that do") {
    auto tree = Tree::chain(3, with_documents());
    auto& a = tree[0];
    a.sql().exec(insert(1, made_of(bytes(1, 600'000)), made_of("'first'")) +
                 insert(2, made_of(bytes(2, 400'000)), made_of("'second'")));
    check_documents(tree);
    a.sql().exec("UPDATE document d SET lo = o.lo FROM document o WHERE o.id = 3 - d.id");
    check_documents(tree);
    a.sql().exec("UPDATE document SET lo = preview, preview = lo");
    check_documents(tree);
    CHECK(text_of(tree[2], 1) == "first");
    tree[2].sql().exec(
        "UPDATE document SET id = 7, name = 'moved' WHERE id = 1; UPDATE document SET lo = preview, "
        "preview = lo");
    check_documents(tree);
    CHECK(objects(a) == 4);
}

TEST_CASE("each node has numbers of its own, and an object that happens to have the same number stays as it is") {
    auto tree = Tree::chain(2, with_documents());
    auto& a = tree[0];
    auto& b = tree[1];
    b.sql().exec("SELECT lo_from_bytea(77777, 'private to b')");
    a.sql().exec(insert(1, "lo_from_bytea(77777, 'of a')"));
    tree.sync_all();
    CHECK(text_of(b, 1) == "of a");
    CHECK(b.sql().value("SELECT convert_from(lo_get(77777), 'UTF8')") == "private to b");
    a.sql().exec("SELECT lo_unlink(lo) FROM document; DELETE FROM document");
    tree.sync_all();
    CHECK(objects(b) == 1);
    CHECK(b.sql().value("SELECT convert_from(lo_get(77777), 'UTF8')") == "private to b");
}

TEST_CASE("an object changes elsewhere when its row is updated, not before; one that is missing arrives as none") {
    auto tree = Tree::chain(2, with_documents());
    auto& a = tree[0];
    auto& b = tree[1];
    a.sql().exec(insert(1, made_of("'old'")) + insert(2, "4711") + insert(3, "0"));
    tree.sync_all();
    CHECK(b.sql().value("SELECT string_agg(lo::text, ' ' ORDER BY id) FROM document WHERE id > 1") == "0 0");
    a.sql().exec("SELECT lo_put(lo, 0, 'new') FROM document WHERE id = 1");
    a.sql().exec("UPDATE document SET name = 'x' WHERE id = 2");
    tree.sync_all();
    CHECK(text_of(b, 1) == "old");
    a.sql().exec("UPDATE document SET name = name WHERE id = 1");
    check_documents(tree);
    CHECK(text_of(b, 1) == "new");
    // Nothing changed: the object stays the very same.
    const auto number = b.sql().value("SELECT lo FROM document WHERE id = 1");
    a.sql().exec("UPDATE document SET name = 'other' WHERE id = 1");
    check_documents(tree);
    CHECK(b.sql().value("SELECT lo FROM document WHERE id = 1") == number);
    a.sql().exec("SELECT lo_unlink(lo) FROM document WHERE id = 1; UPDATE document SET name = 'gone' WHERE id = 1");
    tree.sync_all();
    CHECK(b.sql().value("SELECT lo FROM document WHERE id = 1") == "0");
    CHECK(objects(b) == 0);
}

TEST_CASE("columns of the contrib type lo, with its trigger at every node; a deleted row takes its object along") {
    TreeOptions options;
    options.schema =
        "CREATE EXTENSION lo; CREATE TABLE document (id bigint PRIMARY KEY, name text, lo lo UNIQUE, preview lo);"
        "CREATE TRIGGER manage BEFORE UPDATE OR DELETE ON document FOR EACH ROW EXECUTE FUNCTION lo_manage(lo)";
    options.nodes.extra = "large_objects: {public.document: [preview, lo]}\n";
    auto tree = Tree::chain(3, options);
    tree[0].sql().exec(insert(1, made_of("'one'")) + insert(2, made_of("'two'")));
    check_documents(tree);
    tree[1].sql().exec("UPDATE document SET lo = " + made_of("'other'") +
                       " WHERE id = 1; DELETE FROM document WHERE id = 2");
    check_documents(tree);
    for (const auto& node : tree.nodes()) {
        CHECK(text_of(*node, 1) == "other");
        CHECK(objects(*node) == 1);
    }
}

TEST_CASE("a backlog of many objects in chunks, and a daemon that is killed while it fetches them") {
    auto options = with_documents("batch: {max_rows: 40}\n");
    auto tree = Tree::chain(2, options);
    auto& a = tree[0];
    auto& b = tree[1];
    pause(a);
    for (int part = 0; part < 5; ++part) {
        a.sql().exec(
            "INSERT INTO document SELECT i, 'name ' || i, lo_from_bytea(0, repeat('x', (i % 7)::int * 1000)::bytea), "
            "lo_from_bytea(0, i::text::bytea) FROM generate_series(" +
            std::to_string(part * 50 + 1) + ", " + std::to_string(part * 50 + 50) + ") i");
    }
    const std::string point = GENERATE("objects.compared", "objects.kept", "objects.done", "apply.before_commit");
    INFO(point);
    b.faults().arm(point, Faults::Action::kill);
    resume(a);
    REQUIRE(b.wait_exit(30s) == -SIGKILL);
    b.faults().clear();
    CHECK(objects(b) == 0);
    b.start();
    check_documents(tree);
    CHECK(objects(b) == 500);
}

TEST_CASE("only columns that can refer to large objects are taken for such, and both ends must agree on them") {
    Cluster cluster;
    NodeOptions options;
    options.extra =
        "large_objects: {public.document: [lo, gone], public.keyed: [lo], public.text: [lo], public.nosuch: [lo]}\n";
    Node node(cluster, 1, "node", options);
    node.sql().exec(
        "CREATE TABLE document (id bigint PRIMARY KEY, lo oid); CREATE TABLE keyed (lo oid PRIMARY KEY);"
        "CREATE TABLE text (id bigint PRIMARY KEY, lo text)");
    const auto init = node.init();
    CHECK(init.exit_code == 1);
    CHECK_THAT(init.err, contains("column gone, which it does not have") && contains("part of its key") &&
                             contains("whose type is text, not oid") &&
                             contains("names table public.nosuch, which is not there yet"));
    CHECK(node.sql().number("SELECT count(*) FROM replication.tables") == 0);

    auto tree = Tree::chain(2, with_documents());
    auto& a = tree[0];
    auto& b = tree[1];
    a.sql().exec(insert(1, made_of("'one'")));
    check_documents(tree);
    b.options().extra = "large_objects: {public.document: [lo]}\n";
    b.write_config();
    b.init_ok();
    CHECK_THAT(b.ctl({"tables", "check"}).out, contains("large_objects") && contains("lo, preview"));
    b.restart();
    CHECK_THAT(wait_error(b, a, "its large objects are in"), contains("(lo, preview) at a, but in (lo) here"));
    CHECK_THAT(wait_error(a, b, "its large objects are in"), contains("(lo) at b, but in (lo, preview) here"));
    b.options().extra = "large_objects: {public.document: [lo, preview]}\n";
    b.write_config();
    b.init_ok();
    a.sql().exec(change(1, "lo_put(lo, 0, 'two')"));
    check_documents(tree);
}

TEST_CASE("a link starts between equal objects, whatever their numbers, and not between different ones") {
    auto options = with_documents();
    options.start = false;
    auto tree = Tree::chain(2, options);
    auto& a = tree[0];
    auto& b = tree[1];
    const bool equal = GENERATE(true, false);
    b.sql().exec("SELECT lo_create(0)");
    a.sql().exec(insert(1, made_of(bytes(1, 600'000))) + insert(2, "lo_create(0)") + insert(3, "NULL"));
    b.sql().exec(insert(1, made_of(bytes(1, 600'000))) + insert(2, equal ? "lo_create(0)" : made_of("'x'")) +
                 insert(3, "NULL"));
    CHECK(table_image(a.sql(), "document") != table_image(b.sql(), "document"));
    tree.init_all();
    tree.start_all();
    if (!equal) {
        wait_error(b, a, "hold different rows (public.document)");
        return;
    }
    tree.sync_all();
    CHECK(documents(a) == documents(b));
    CHECK(objects(b) == 3);
    // One of them belongs to no row.
    const auto check = b.ctl({"tables", "check"});
    CHECK(check.exit_code == 0);
    const auto orphan = b.sql().value("SELECT replication.orphaned_objects()");
    CHECK_THAT(check.out, contains("1 large object belongs to no row here") && contains(orphan));
    CHECK(a.ctl({"tables", "check"}).out.find("belong") == std::string::npos);
}
