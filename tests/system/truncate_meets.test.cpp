#include "tests/support/catch.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/ask.hpp"
#include "tests/system/documents.hpp"
#include "tests/system/interleaving.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

/// TRUNCATE, and what else may become of a table: it waits, it has large objects, its schema changes,
/// its rows come back.

namespace {

TreeOptions two_tables(const std::string& extra = "") {
    TreeOptions options;
    options.schema =
        "CREATE TABLE item (nr bigserial PRIMARY KEY, v text); CREATE TABLE other (nr bigint PRIMARY KEY, v text)";
    options.nodes.extra = extra;
    return options;
}

std::string rows(Node& node) {
    return node.sql().value("SELECT coalesce(string_agg(nr || v, ' ' ORDER BY nr), '') FROM item");
}

void make_misfit(Node& node) {
    node.sql().exec("ALTER TABLE item ALTER v TYPE varchar(1000)");
}

void make_fit(Node& node) {
    node.sql().exec("ALTER TABLE item ALTER v TYPE text");
}

const std::string differs = "table public.item differs";

const std::string unlink_orphans = "SELECT lo_unlink(o) FROM replication.orphaned_objects() o";

}  // namespace

TEST_CASE("a TRUNCATE of a held table waits with it, and that of another one does not") {
    auto tree = Tree::chain(3, two_tables());
    auto& a = tree[0];
    auto& b = tree[1];
    auto& c = tree[2];
    a.sql().exec(
        "INSERT INTO item SELECT i, 'old' FROM generate_series(1, 20) i; INSERT INTO other VALUES (1, 'x'), (2, 'y')");
    tree.sync_all();
    make_misfit(b);
    c.sql().exec("UPDATE item SET v = 'c' WHERE nr = 4");
    b.sql().exec("UPDATE item SET v = 'b' WHERE nr = 3; DELETE FROM item WHERE nr = 7");
    a.sql().exec("TRUNCATE item, other; INSERT INTO item VALUES (50, 'after'); INSERT INTO other VALUES (3, 'z')");
    wait_error(b, a, differs);
    wait_error(a, b, differs);
    wait_value(c, "SELECT string_agg(nr || v, ' ') FROM other", "3z");
    CHECK(b.sql().number("SELECT count(*) FROM item") == 19);
    CHECK(c.sql().number("SELECT count(*) FROM item") == 20);
    const std::string waiting = "SELECT count(*) FROM replication.log WHERE action = 'T' AND table_name = ";
    SECTION("it is kept, whatever else is pruned") {
        for (int i = 0; i < 3; ++i) {
            a.sql().exec("TRUNCATE other; INSERT INTO other VALUES (" + std::to_string(i) + ", 'more')");
            wait_value(c, "SELECT string_agg(nr || v, ' ') FROM other", std::to_string(i) + "more");
        }
        a.sql().exec("INSERT INTO other VALUES (100, 'most')");
        wait_value(c, "SELECT count(*) FROM other", "2");
        wait_value(a, waiting + "'other'", "0");
        CHECK(a.sql().number(waiting + "'item'") == 1);
    }
    SECTION("and so is one that waits at the node that has the table which does not fit") {
        b.sql().exec("TRUNCATE item; INSERT INTO item VALUES (3, 'b'), (60, 'of b')");
        b.restart();
        wait_error(b, a, differs);
    }
    const bool twice = b.sql().number("SELECT count(*) FROM item") == 2;
    make_fit(b);
    tree.sync_all();
    tree.check_equal({"item", "other"});
    check_logs_drained(tree);
    CHECK(rows(c) == (twice ? "3b 4c 50after 60of b" : "3b 4c 50after"));
    for (const auto& node : tree.nodes())
        CHECK(node->sql().number("SELECT count(*) FROM replication.held_tables") == 0);
}

TEST_CASE("TRUNCATEs of a held table are taken in chunks among its rows, though the daemon is killed") {
    auto tree = Tree::chain(3, two_tables("batch: {max_rows: 3}\n"));
    auto& a = tree[0];
    auto& b = tree[1];
    auto& c = tree[2];
    a.sql().exec("INSERT INTO item SELECT i, 'old' FROM generate_series(1, 10) i");
    tree.sync_all();
    make_misfit(b);
    // One that began before the link's position goes on over all of it, and is not read with the others.
    Database late(a.conninfo());
    late.exec("BEGIN; INSERT INTO item VALUES (90, 'late')");
    for (int i = 1; i <= 4; ++i) {
        const auto n = std::to_string(i);
        a.sql().exec("UPDATE item SET v = 'round " + n + "'; DELETE FROM item WHERE nr = " + n);
        c.sql().exec("INSERT INTO item VALUES (100 + " + n + ", 'c')");
        if (i == 2) {
            late.exec("COMMIT");
            a.sql().exec("TRUNCATE item");
            late.exec("BEGIN; INSERT INTO item VALUES (91, 'later')");
        }
        a.sql().exec("INSERT INTO item SELECT " + n + "0 + i, 'new' FROM generate_series(1, 4) i");
        a.sql().exec("INSERT INTO other VALUES (" + n + ", 'x')");
    }
    wait_error(b, a, differs);
    wait_value(b, "SELECT count(*) FROM other", "4");
    b.faults().arm(GENERATE("apply.before_commit.1", "apply.committed.1", "apply.locked.3"), Faults::Action::kill);
    make_fit(b);
    REQUIRE(b.wait_exit(20s));
    b.faults().clear();
    late.exec("COMMIT");
    b.start();
    tree.sync_all();
    tree.check_equal({"item", "other"});
    check_logs_drained(tree);
    CHECK(a.sql().number("SELECT count(*) FROM item WHERE nr > 100") == 4);
    CHECK(a.sql().number("SELECT count(*) FROM item WHERE nr < 50") == 12);
    CHECK(a.sql().value("SELECT v FROM item WHERE nr = 91") == "later");
    CHECK(a.sql().number("SELECT count(*) FROM item WHERE nr = 90") == 0);
}

TEST_CASE("a TRUNCATE that finds a row gone, beside a batch that brings it back, is kept as one with that delete") {
    auto tree = Tree::chain(3, two_tables());
    auto& a = tree[0];
    auto& b = tree[1];
    auto& c = tree[2];
    hold_pulls(a);
    c.sql().exec("INSERT INTO item VALUES (1, 'of c')");
    wait_value(b, "SELECT count(*) FROM item WHERE v = 'of c'", "1");
    hold_pulls(b);
    for (auto* const node : {&c, &b})
        node->sql().exec("TRUNCATE item");
    a.sql().exec("INSERT INTO item VALUES (1, 'of a')");
    // The batch of a wins over what c inserted. It has looked, and found the delete of b, before that of c comes.
    advance_to(b, "pull.begun.1", "apply.looked.1");
    b.faults().release("pull.begun.3");
    wait_value(b, "SELECT count(*) FROM replication.log WHERE action = 'T'", "2");
    CHECK(b.sql().number("SELECT count(*) FROM replication.conflicts") == 0);
    b.faults().clear();
    wait_value(b, "SELECT count(*) FROM item", "1");
    a.faults().clear();
    tree.sync_all();
    tree.check_equal({"item"});
    check_logs_drained(tree);
    CHECK(rows(c) == "1of a");
    CHECK(losers(b, "item") == std::vector<std::string>{"update_deleted [1] -"});
    for (auto* const node : {&a, &c})
        CHECK(losers(*node, "item").empty());
}

TEST_CASE("a TRUNCATE takes the large objects of its rows along, but of those that survive it") {
    auto tree = Tree::chain(3, with_documents());
    auto& a = tree[0];
    auto& b = tree[1];
    auto& c = tree[2];
    const auto fill = [&](int from, int to) {
        a.sql().exec(
            "INSERT INTO document SELECT i, 'd' || i, lo_from_bytea(0, convert_to(repeat(i::text, 3000), 'UTF8')), " +
            std::string("lo_from_bytea(0, 'p') FROM generate_series(") + std::to_string(from) + ", " +
            std::to_string(to) + ") i");
    };
    fill(1, 20);
    check_documents(tree);
    pause(b);
    c.sql().exec(
        "BEGIN; UPDATE document SET name = 'changed at c' WHERE id = 3; SELECT lo_put(lo, 5, 'at c') FROM document "
        "WHERE id = 3; COMMIT");
    c.sql().exec("INSERT INTO document VALUES (100, 'of c', lo_from_bytea(0, 'made at c'), NULL)");
    a.sql().exec("TRUNCATE document CASCADE");
    a.sql().exec(unlink_orphans);
    CHECK(objects(a) == 0);
    fill(30, 31);
    resume(b);
    check_documents(tree);
    CHECK(b.sql().value("SELECT string_agg(id::text, ' ' ORDER BY id) FROM document") == "3 30 31 100");
    CHECK(a.sql().value("SELECT convert_from(lo_get(lo, 5, 4), 'UTF8') FROM document WHERE id = 3") == "at c");
    for (const auto& node : tree.nodes()) {
        INFO(node->name());
        CHECK(objects(*node) == 7 + node->sql().number("SELECT count(*) FROM replication.kept_objects"));
    }
}

TEST_CASE("TRUNCATE … RESTART IDENTITY and statements that change the table are in one transaction") {
    auto options = two_tables();
    options.nodes.ddl = "{capture: true}";
    auto tree = Tree::chain(3, options);
    auto& a = tree[0];
    auto& c = tree[2];
    a.sql().exec("INSERT INTO item (v) SELECT 'old' FROM generate_series(1, 9)");
    tree.sync_all();
    const auto next = [](Node& node) { return node.sql().number("SELECT nextval('item_nr_seq')"); };
    const auto highest = a.sql().number("SELECT max(nr) FROM item");
    a.sql().exec("BEGIN");
    a.sql().exec("TRUNCATE item RESTART IDENTITY");
    a.sql().exec("ALTER TABLE item ADD colour text");
    a.sql().exec("INSERT INTO item (v, colour) VALUES ('new', 'red')");
    a.sql().exec("COMMIT");
    tree.sync_all();
    tree.check_equal({"item"});
    CHECK(c.sql().value("SELECT v || colour FROM item") == "newred");
    CHECK(a.sql().number("SELECT nr FROM item") > highest);
    CHECK(a.sql().number("SELECT count(*) FROM replication.statements") == 1);
    CHECK(c.sql().number("SELECT count(*) FROM replication.statements WHERE state = 'done'") == 1);
    const auto drawn = next(a);
    c.sql().exec("TRUNCATE item RESTART IDENTITY; INSERT INTO item (v) VALUES ('c')");
    tree.sync_all();
    CHECK(next(a) > drawn);
    // Of a table that is gone nothing is left to be emptied.
    a.sql().exec("TRUNCATE other");
    a.sql().exec("DROP TABLE other");
    tree.sync_all();
    check_settled(tree, {"item"});
    CHECK(c.sql().value("SELECT to_regclass('other') IS NULL") == "t");
}
