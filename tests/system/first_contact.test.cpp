#include "tests/support/catch.hpp"
#include "tests/support/tree.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/ask.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

namespace {

const char* const item_table = "CREATE TABLE item (nr bigint PRIMARY KEY, name text);";

TreeOptions not_started(const std::string& rows = "") {
    TreeOptions options;
    options.schema = item_table + rows;
    options.start = false;
    return options;
}

const char* const count = "SELECT count(*) FROM item";

void check_needs_join(Tree& tree) {
    for (const std::size_t here : {std::size_t{0}, std::size_t{1}}) {
        auto& node = tree[here];
        auto& other = tree[1 - here];
        INFO(node.name());
        const auto error = wait_error(node, other, "a join is needed");
        CHECK_THAT(error, contains("public.item") && contains("trompctl join " + other.name()));
        CHECK(node.state(other) == "failed");
        CHECK(node.ctl({"sync", "--wait", "--timeout", "1s"}).exit_code == 1);
    }
}

}  // namespace

TEST_CASE("rows that one end held before init are not merged: both ends say that a join is needed") {
    auto tree = Tree::chain(2, not_started());
    tree[0].sql().exec("INSERT INTO item SELECT i, 'before' FROM generate_series(1, 20) i");
    tree.init_all();
    tree.start_all();
    check_needs_join(tree);
    // And nothing that is written later gets around it.
    tree[0].sql().exec("INSERT INTO item VALUES (101, 'after'); UPDATE item SET name = 'touched' WHERE nr = 1");
    tree[1].sql().exec("INSERT INTO item VALUES (102, 'after')");
    check_needs_join(tree);
    CHECK(tree[0].sql().number(count) == 21);
    CHECK(tree[1].sql().number(count) == 1);
}

TEST_CASE("different rows that both ends held before init are not merged") {
    SECTION("other keys") {
        auto tree = Tree::chain(2, not_started());
        tree[0].sql().exec("INSERT INTO item VALUES (1, 'a')");
        tree[1].sql().exec("INSERT INTO item VALUES (2, 'a')");
        tree.init_all();
        tree.start_all();
        check_needs_join(tree);
        CHECK(tree[0].sql().number(count) == 1);
        CHECK(tree[1].sql().number(count) == 1);
    }
    SECTION("other values under the same keys") {
        auto tree = Tree::chain(2, not_started("INSERT INTO item VALUES (1, 'one'), (2, 'two')"));
        tree[1].sql().exec("UPDATE item SET name = 'zwei' WHERE nr = 2");
        tree.init_all();
        tree.start_all();
        check_needs_join(tree);
        CHECK(tree[1].sql().value("SELECT name FROM item WHERE nr = 2") == "zwei");
    }
    SECTION("null and empty") {
        auto tree = Tree::chain(2, not_started("INSERT INTO item VALUES (1, '')"));
        tree[1].sql().exec("UPDATE item SET name = NULL");
        tree.init_all();
        tree.start_all();
        check_needs_join(tree);
    }
}

TEST_CASE("a link whose ends were made equal by hand starts by itself") {
    auto tree = Tree::chain(2, not_started());
    tree[0].sql().exec("INSERT INTO item VALUES (1, 'one')");
    tree.init_all();
    tree.start_all();
    check_needs_join(tree);
    tree[1].sql().exec("SET session_replication_role = replica; INSERT INTO item VALUES (1, 'one')");
    tree[1].sql().exec("RESET session_replication_role");
    tree.sync_all();
    tree[1].sql().exec("INSERT INTO item VALUES (2, 'two')");
    tree.sync_all();
    tree.check_equal({"item"});
    CHECK(tree[0].sql().number(count) == 2);
    CHECK(last_error(tree[0], tree[1]).empty());
}

TEST_CASE("tables that are filled alike before init start, and only changes flow") {
    auto tree = Tree::chain(3, not_started("INSERT INTO item SELECT i, 'row ' || i FROM generate_series(1, 5000) i"));
    tree.init_all();
    tree.start_all();
    tree.sync_all();
    tree[0].sql().exec("UPDATE item SET name = 'changed' WHERE nr = 7");
    tree[1].sql().exec("DELETE FROM item WHERE nr = 8");
    tree[2].sql().exec("INSERT INTO item VALUES (5001, 'new')");
    tree.sync_all();
    tree.check_equal({"item"});
    CHECK(tree[2].sql().value("SELECT name FROM item WHERE nr = 7") == "changed");
    CHECK(tree[0].sql().number(count) == 5000);
}

TEST_CASE("rows written at both ends after init and before the first start flow") {
    auto tree = Tree::chain(2, not_started("INSERT INTO item SELECT i, 'common' FROM generate_series(1, 100) i"));
    auto& a = tree[0];
    auto& b = tree[1];
    a.init_ok();
    a.sql().exec("INSERT INTO item VALUES (1001, 'of a'); DELETE FROM item WHERE nr = 5");
    a.sql().exec("UPDATE item SET name = 'by a' WHERE nr = 10");
    b.init_ok();
    b.sql().exec("INSERT INTO item VALUES (1002, 'of b'); UPDATE item SET nr = 2000 WHERE nr = 20");
    a.sql().exec("UPDATE item SET name = 'by a' WHERE nr = 30");
    b.sql().exec("UPDATE item SET name = 'by b' WHERE nr = 30");  // a conflict at first contact: the later one wins
    b.start();
    b.sql().exec("INSERT INTO item VALUES (1003, 'of b')");
    a.start();
    tree.sync_all();
    tree.check_equal({"item"});
    CHECK(a.sql().number(count) == 102);
    CHECK(a.sql().value("SELECT name FROM item WHERE nr = 30") == "by b");
    CHECK(a.sql().number("SELECT count(*) FROM item WHERE nr IN (1001, 1002, 1003, 2000)") == 4);
    wait_log_short(a);
    wait_log_short(b);
}

TEST_CASE("a difference in one table holds up the link and names that table alone") {
    auto options = not_started(
        "CREATE TABLE fine (k text PRIMARY KEY, v int); CREATE TABLE worse (a int, b int, "
        "PRIMARY KEY (a, b)); INSERT INTO fine VALUES ('x', 1)");
    auto tree = Tree::chain(2, options);
    tree[0].sql().exec("INSERT INTO worse VALUES (1, 1)");
    tree.init_all();
    tree.start_all();
    const auto error = wait_error(tree[1], tree[0], "a join is needed");
    CHECK_THAT(error, contains("public.worse"));
    CHECK_THAT(error, !contains("public.fine"));
    CHECK_THAT(error, !contains("public.item"));
}

TEST_CASE("a node is not read before it lists the reader as a neighbour") {
    auto tree = Tree::chain(2, not_started());
    auto& a = tree[0];
    auto& b = tree[1];
    a.unlink(b);
    tree.init_all();
    tree.start_all();
    wait_until(10s, "b says why it waits", [&] {
        const auto report = neighbour_report(b, a);
        const auto* const reason = report.if_contains("reason");
        return report.at("state") == "connecting" && reason != nullptr && reason->is_string() &&
               reason->as_string().find("does not list") != std::string::npos;
    });
    CHECK(last_error(b, a).empty());
    a.sql().exec("INSERT INTO item VALUES (1, 'of a')");
    b.sql().exec("INSERT INTO item VALUES (2, 'of b')");
    CHECK(b.sql().number(count) == 1);
    a.link(b);
    a.reload();
    wait_value(b, count, "2", 5s);
    tree.sync_all();
    tree.check_equal({"item"});
}
