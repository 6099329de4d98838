#include "tests/support/catch.hpp"
#include "tests/support/tree.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/ask.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

namespace {

TreeOptions with_items(bool start = true) {
    TreeOptions options;
    options.schema = "CREATE TABLE item (nr bigint PRIMARY KEY, name text, qty int)";
    options.start = start;
    return options;
}

}  // namespace

TEST_CASE("a table that one end lacks is named, and the link goes on by itself when it is there") {
    auto tree = Tree::chain(2, with_items(false));
    auto& a = tree[0];
    auto& b = tree[1];
    a.sql().exec("CREATE TABLE extra (k text PRIMARY KEY)");
    tree.init_all();
    tree.start_all();
    a.sql().exec("INSERT INTO extra VALUES ('x'); INSERT INTO item VALUES (1, 'one')");
    wait_error(b, a, "table public.extra is replicated at a but not here");
    b.sql().exec("CREATE TABLE extra (k text PRIMARY KEY)");
    b.init_ok();
    tree.sync_all();
    tree.check_equal({"item", "extra"});
    CHECK(b.sql().number("SELECT count(*) FROM extra") == 1);
    CHECK(last_error(b, a).empty());
}

TEST_CASE("columns that differ are named, and the link goes on by itself when they are equal") {
    auto tree = Tree::chain(2, with_items(false));
    auto& a = tree[0];
    auto& b = tree[1];
    a.sql().exec("ALTER TABLE item ADD colour text, ALTER qty TYPE bigint");
    tree.init_all();
    tree.start_all();
    a.sql().exec("INSERT INTO item VALUES (1, 'one', 5000000000, 'red')");
    const auto error = wait_error(b, a, "table public.item differs");
    CHECK_THAT(error,
               contains("column colour is missing here") && contains("column qty is bigint at a, but integer here"));
    b.sql().exec("ALTER TABLE item ADD colour text, ALTER qty TYPE bigint");
    tree.sync_all();
    tree.check_equal({"item"});
    CHECK(b.sql().value("SELECT colour FROM item") == "red");
}

TEST_CASE("a column that appears at one end of a running link stops it without loss until it is at both") {
    auto tree = Tree::chain(2, with_items());
    auto& a = tree[0];
    auto& b = tree[1];
    a.sql().exec("INSERT INTO item VALUES (1, 'one', 1)");
    tree.sync_all();
    SECTION("at the source") {
        a.sql().exec("ALTER TABLE item ADD colour text; INSERT INTO item VALUES (2, 'two', 2, 'red')");
        wait_error(b, a, "column colour is missing here");
        CHECK(b.sql().number("SELECT count(*) FROM item") == 1);
        b.sql().exec("ALTER TABLE item ADD colour text");
        tree.sync_all();
        CHECK(b.sql().value("SELECT colour FROM item WHERE nr = 2") == "red");
    }
    SECTION("at the target") {
        b.sql().exec("ALTER TABLE item ADD colour text");
        a.sql().exec("INSERT INTO item VALUES (2, 'two', 2)");
        b.sql().exec("UPDATE item SET colour = 'blue' WHERE nr = 1");
        wait_error(a, b, "column colour is missing here");
        a.sql().exec("ALTER TABLE item ADD colour text");
        tree.sync_all();
        CHECK(a.sql().value("SELECT colour FROM item WHERE nr = 1") == "blue");
        CHECK(b.sql().number("SELECT count(*) FROM item") == 2);
    }
    tree.check_equal({"item"});
}

TEST_CASE("a table that is dropped at one end is named and the rest flows once it is taken out") {
    auto tree = Tree::chain(2, with_items(false));
    auto& a = tree[0];
    auto& b = tree[1];
    for (const auto& node : tree.nodes())
        node->sql().exec("CREATE TABLE extra (k text PRIMARY KEY)");
    tree.init_all();
    tree.start_all();
    tree.sync_all();
    b.sql().exec("DROP TABLE extra");
    a.sql().exec("INSERT INTO extra VALUES ('x')");
    wait_error(b, a, "extra");
    for (auto* const node : {&a, &b})
        REQUIRE(node->ctl({"tables", "remove", "public.extra"}).exit_code == 0);
    a.sql().exec("INSERT INTO item VALUES (1, 'one', 1)");
    tree.sync_all();
    tree.check_equal({"item"});
}
