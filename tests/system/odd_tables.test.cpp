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
    CHECK_THAT(error, contains("column qty is bigint at a, but integer here"));
    CHECK(error.find("colour") == std::string::npos);
    b.sql().exec("ALTER TABLE item ADD colour text, ALTER qty TYPE bigint");
    tree.sync_all();
    tree.check_equal({"item"});
    CHECK(b.sql().value("SELECT colour FROM item") == "red");
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

TEST_CASE("a table that becomes a parent by inheritance stops, named, until it is none") {
    auto tree = Tree::chain(2, with_items());
    auto& a = tree[0];
    auto& b = tree[1];
    a.sql().exec("INSERT INTO item VALUES (1, 'one', 1)");
    tree.sync_all();
    a.sql().exec(
        "CREATE TABLE child () INHERITS (item); INSERT INTO item VALUES (2, 'two', 2); INSERT INTO child VALUES (3, "
        "'three', 3)");
    wait_error(b, a, "table public.item differs from the one at a: it takes part in table inheritance at a");
    CHECK(b.sql().number("SELECT count(*) FROM item") == 1);
    a.sql().exec("DROP TABLE child");
    tree.sync_all();
    tree.check_equal({"item"});
    CHECK(b.sql().number("SELECT count(*) FROM item") == 2);
}
