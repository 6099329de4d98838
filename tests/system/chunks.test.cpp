#include "tests/support/catch.hpp"
#include "tests/support/tree.hpp"
#include "tests/system/ask.hpp"

using namespace tromp::test;

TEST_CASE("a chunk that is full of what came from the reader does not keep it from what lies beyond") {
    TreeOptions options;
    options.schema = "CREATE TABLE item (nr int PRIMARY KEY)";
    options.nodes.extra = "batch: {max_rows: 2}";
    auto tree = Tree::chain(3, options);
    tree.sync_all();
    tree[0].stop();  // for it b keeps what came from c
    for (int nr = 0; nr < 5; ++nr)
        tree[2].sql().exec("INSERT INTO item VALUES (" + std::to_string(nr) + ")");
    wait_value(tree[1], "SELECT count(*) FROM item", "5");
    tree[1].sql().exec("INSERT INTO item VALUES (9)");
    wait_value(tree[2], "SELECT count(*) FROM item", "6");
    tree[0].start();
    tree.sync_all();
    tree.check_equal({"item"});
}
