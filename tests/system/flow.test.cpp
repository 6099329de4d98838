#include "tests/support/catch.hpp"
#include "tests/support/tree.hpp"

using namespace tromp::test;

namespace {

const char* const schema =
    "CREATE TABLE item (nr bigserial PRIMARY KEY, name text, qty int);"
    "CREATE TABLE pair (a int, b text, v text, PRIMARY KEY (a, b));";

}  // namespace

TEST_CASE("changes made at either end of a link reach the other") {
    TreeOptions options;
    options.schema = schema;
    auto tree = Tree::chain(2, options);
    tree[0].sql().exec("INSERT INTO item (name, qty) SELECT 'a' || i, i FROM generate_series(1, 100) i");
    tree[1].sql().exec("INSERT INTO item (name, qty) SELECT 'b' || i, i FROM generate_series(1, 100) i");
    tree[1].sql().exec("INSERT INTO pair VALUES (1, 'x', 'one'), (2, 'y', 'two')");
    tree.sync_all();
    REQUIRE(tree[0].sql().number("SELECT count(*) FROM item") == 200);
    tree[0].sql().exec(
        "UPDATE item SET qty = qty + 1 WHERE nr % 3 = 0; DELETE FROM item WHERE nr % 7 = 0; UPDATE pair SET b = 'z' "
        "WHERE a = 1");
    tree.sync_all();
    tree.check_equal({"item", "pair"});
    for (const auto& node : tree.nodes())
        CHECK(node->sql().number("SELECT count(*) FROM replication.events") <= 1);
}
