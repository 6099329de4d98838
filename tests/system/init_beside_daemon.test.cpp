#include "tests/support/catch.hpp"
#include "tests/support/tree.hpp"

using namespace tromp::test;

TEST_CASE("init takes a new table in while the daemons run") {
    TreeOptions options;
    options.schema = "CREATE TABLE item (nr bigserial PRIMARY KEY, name text)";
    auto tree = Tree::chain(2, options);
    tree[0].sql().exec("INSERT INTO item (name) VALUES ('before')");
    tree.sync_all();
    for (const auto& node : tree.nodes()) {
        node->sql().exec("CREATE TABLE late (nr int PRIMARY KEY, name text)");
        node->init_ok();
    }
    tree[0].sql().exec("INSERT INTO late VALUES (1, 'a'); INSERT INTO item (name) VALUES ('after')");
    tree[1].sql().exec("INSERT INTO late VALUES (2, 'b')");
    tree.sync_all();
    CHECK(tree[1].sql().number("SELECT count(*) FROM late") == 2);
    tree.check_equal({"item", "late"});
}
