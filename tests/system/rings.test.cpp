#include "tests/support/catch.hpp"
#include "tests/support/tree.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/ask.hpp"
#include "tests/system/items.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

namespace {

void insert_everywhere(Tree& tree, int first) {
    for (const auto& node : tree.nodes())
        node->sql().exec("INSERT INTO item VALUES (" + std::to_string(first++) + ", 'of " + node->name() + "')");
}

void wait_rows(Tree& tree, int rows) {
    for (const auto& node : tree.nodes())
        wait_value(*node, "SELECT count(*) FROM item", std::to_string(rows));
}

/// Does any link of the node name a ring?
bool refuses(const Node& node, const Node& neighbour) {
    return last_error(node, neighbour).find("closes a ring") != std::string::npos;
}

}  // namespace

TEST_CASE("a link that would close a ring is refused at both its ends with the ring named, and the tree goes on") {
    auto tree = Tree::chain(3, with_items());
    auto& a = tree[0];
    auto& c = tree[2];
    insert_everywhere(tree, 1);
    tree.sync_all();
    wait_until(10s, "a knows of c", [&] { return a.status().at("tree").as_array().size() == 2; });
    a.link(c);
    c.link(a);
    a.restart();
    c.restart();
    CHECK(wait_error(a, c, "closes a ring").find("1 - 3 - 2 - 1") != std::string::npos);
    CHECK(wait_error(c, a, "closes a ring").find("3 - 1 - 2 - 3") != std::string::npos);
    CHECK(a.state(c) == "failed");
    insert_everywhere(tree, 11);
    wait_rows(tree, 6);
    // Where the ring is opened elsewhere, the link is as good as any.
    auto& b = tree[1];
    for (auto* const node : {&b, &c}) {
        auto& other = node == &b ? c : b;
        node->unlink(other);
        CHECK(node->ctl({"remove", other.name()}).exit_code == 0);
        node->restart();
    }
    c.wait_state(a, "streaming");
    insert_everywhere(tree, 21);
    wait_rows(tree, 9);
    tree.check_equal({"item"});
    CHECK(a.sql().number("SELECT count(*) FROM replication.conflicts") == 0);
}

TEST_CASE("of a ring that comes up at once one link is refused, and the others carry everything") {
    auto options = with_items();
    options.start = false;
    auto tree = Tree::chain(4, options);
    auto& a = tree[0];
    auto& d = tree[3];
    a.link(d);
    d.link(a);
    tree.init_all();
    tree.start_all();
    wait_until(20s, "a link is refused at both its ends", [&] {
        int refused = 0;
        for (std::size_t i = 0; i < tree.size(); ++i) {
            auto& next = tree[(i + 1) % tree.size()];
            if (refuses(tree[i], next) && refuses(next, tree[i])) ++refused;
        }
        return refused == 1;
    });
    insert_everywhere(tree, 1);
    wait_rows(tree, 4);
    tree.check_equal({"item"});
}

TEST_CASE("status tells the whole tree, and how fresh this copy is of each node") {
    auto tree = Tree::chain(4, with_items());
    tree.sync_all();
    auto& a = tree[0];
    wait_until(10s, "a knows the tree", [&] { return a.status().at("tree").as_array().size() == 3; });
    const auto status = a.status();
    const auto& nodes = status.at("tree").as_array();
    for (std::size_t i = 0; i < 3; ++i) {
        const auto& node = nodes.at(i).as_object();
        CHECK(node.at("node").to_number<std::size_t>() == i + 2);
        CHECK(node.at("via").as_int64() == 2);
        CHECK(node.at("hops").to_number<std::size_t>() == i + 1);
        CHECK(node.at("fresh_as_of").is_string());
    }
    CHECK_THAT(a.ctl({"status", "--tree"}).out, contains("4 d"));
    // A copy of what is cut off grows old.
    tree[1].kill();
    const auto fresh = [&](std::size_t node) {
        return std::string(a.status().at("tree").as_array().at(node).as_object().at("fresh_as_of").as_string());
    };
    tree[2].sql().exec("INSERT INTO item VALUES (1, 'of c')");
    const auto before = fresh(1);
    wait_until(30s, "what is known of b itself goes on", [&] { return fresh(0) > before; });
    CHECK(fresh(1) == before);
}

TEST_CASE("a node number that is used twice is named") {
    auto options = with_items();
    auto tree = Tree::chain(2, options);
    Node stranger(tree.cluster(), 1, "stranger", options.nodes);
    stranger.sql().exec(options.schema);
    tree.sync_all();
    auto& b = tree[1];
    Node c(tree.cluster(), 3, "c", options.nodes);
    c.sql().exec(options.schema);
    for (auto [one, other] : {std::pair{&stranger, &c}, std::pair{&c, &b}}) {
        one->link(*other);
        other->link(*one);
    }
    for (auto* const node : {&stranger, &c}) {
        node->init_ok();
        node->start();
    }
    // The two parts stand before they are joined, so it is that link which is refused.
    c.wait_state(stranger, "streaming");
    stranger.wait_state(c, "streaming");
    b.restart();
    wait_until(20s, "the link between the two parts is refused", [&] {
        const auto error = last_error(b, c) + last_error(c, b);
        return error.find("node number 1 is used by two databases") != std::string::npos;
    });
}
