#include "tests/support/catch.hpp"
#include "tests/support/tree.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/ask.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

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

TEST_CASE("a backlog much larger than what the link carries at a time gets there in smaller batches") {
    TreeOptions options;
    options.schema = "CREATE TABLE item (nr int PRIMARY KEY, v text)";
    options.proxied = true;
    auto tree = Tree::chain(2, options);
    auto& a = tree[0];
    auto& b = tree[1];
    tree.sync_all();
    auto& proxy = tree.proxy(0, 1);
    proxy.cut();
    constexpr int rows = 60;
    for (int nr = 0; nr < rows; ++nr)
        a.sql().exec("INSERT INTO item VALUES (" + std::to_string(nr) + ", repeat('x', 100000))");
    const auto is_there = [&] { return b.sql().number("SELECT count(*) FROM item") == rows; };
    int cuts = 0;
    for (; !is_there(); ++cuts) {
        REQUIRE(cuts < 5 * rows);
        proxy.pass();
        proxy.cut_after(1'000'000);
        wait_until(30s, "all is there, or the link cut again", [&] { return proxy.is_cut() || is_there(); });
    }
    proxy.pass();
    CHECK(cuts > 5);
    tree.sync_all();
    tree.check_equal({"item"});
}
