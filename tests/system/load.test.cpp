#include "tests/support/catch.hpp"
#include "tests/system/ask.hpp"
#include "tests/system/mixed_load.hpp"

using namespace tromp::test;

namespace {

TreeOptions loaded() {
    TreeOptions options;
    options.schema = load_schema;
    options.nodes.log_level = "info";
    return options;
}

void check_load(Tree& tree, const Load& load) {
    write_mixed_load(tree, load);
    tree.sync_all();
    for (const auto& table : load_tables)
        CHECK(tree[0].sql().number("SELECT count(*) FROM " + table) > 0);
    tree.check_equal(load_tables);
    for (const auto& node : tree.nodes())
        wait_log_short(*node);
}

}  // namespace

TEST_CASE("two nodes under a mixed load of eight writers each end equal, their logs drained", "[busy]") {
    auto tree = Tree::chain(2, loaded());
    check_load(tree, {.writers = 16});
}

TEST_CASE("a chain of three nodes under a mixed load ends equal, its logs drained", "[busy]") {
    auto tree = Tree::chain(3, loaded());
    check_load(tree, {});
}

TEST_CASE("a star of three nodes under a mixed load ends equal, its logs drained", "[busy]") {
    auto tree = Tree::star(3, loaded());
    check_load(tree, {});
}

TEST_CASE("a chain of five nodes under a mixed load ends equal, its logs drained", "[busy]") {
    auto tree = Tree::chain(5, loaded());
    check_load(tree, {});
}

TEST_CASE("a star of five nodes under a mixed load ends equal, its logs drained", "[busy]") {
    auto tree = Tree::star(5, loaded());
    check_load(tree, {});
}

TEST_CASE("a chain of three nodes under a mixed load in chunks of fifty events ends equal, its logs drained",
          "[busy]") {
    auto options = loaded();
    options.nodes.extra = "batch: {max_rows: 50}";
    auto tree = Tree::chain(3, options);
    check_load(tree, {.rounds = 20, .largest = 300});
}

TEST_CASE("two nodes whose link is cut again and again under a mixed load end equal, their logs drained", "[busy]") {
    auto options = loaded();
    options.proxied = true;
    options.nodes.extra = "batch: {max_rows: 500}";
    auto tree = Tree::chain(2, options);
    for (int round = 0; round < 6; ++round) {
        tree.proxy(0, 1).cut_after(static_cast<std::uint64_t>(20000) << round);
        write_mixed_load(tree, {.rounds = 10, .largest = 1000});
        tree.heal(0, 1);
    }
    check_load(tree, {.rounds = 5});
}
