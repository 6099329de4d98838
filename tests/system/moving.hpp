#pragma once

#include <string>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/tree.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/ask.hpp"
#include "tests/system/items.hpp"

/// What the tests of nodes that leave a place in the tree, and come to another one, share.
namespace tromp::test {

inline std::string rows(int first, int last, const std::string& name) {
    return "INSERT INTO item SELECT i, '" + name + "' FROM generate_series(" + std::to_string(first) + ", " +
           std::to_string(last) + ") i";
}

/// Takes `other` out of the database of `node`, and out of its file; its daemon does not have to run.
inline void end_link(Node& node, const Node& other) {
    const auto removed = node.ctl({"remove", other.name()});
    INFO(removed.out << removed.err);
    REQUIRE(removed.exit_code == 0);
    node.unlink(other);
    if (node.is_running()) node.restart();
}

inline void begin_link(Node& node, const Node& other, const LinkOptions& options = {}) {
    node.link(other, options);
    if (node.is_running()) node.restart();
}

inline void join_ok(Node& node, const std::string& neighbour) {
    const auto join = node.ctl({"join", neighbour});
    INFO(join.out << join.err << tail(node.log(), 30));
    REQUIRE(join.exit_code == 0);
}

/// `nodes` form a chain, in this order: everything is everywhere, and equal.
inline void check_whole(const std::vector<Node*>& nodes) {
    for (std::size_t round = 0; round + 1 < nodes.size(); ++round) {
        for (auto* const node : nodes) {
            const auto sync = node->sync();
            INFO(node->name() << ": " << sync.out << sync.err << tail(node->log(), 20));
            REQUIRE(sync.exit_code == 0);
        }
    }
    const auto expected = table_image(nodes.front()->sql(), "item");
    for (auto* const node : nodes) {
        INFO(nodes.front()->name() << " and " << node->name());
        CHECK(small_diff(expected, table_image(node->sql(), "item")) == "");
        const auto verify = node->ctl({"verify"});
        INFO(verify.out << verify.err);
        CHECK(verify.exit_code == 0);
        wait_log_short(*node);
    }
}

/// In the table of `node`, or kept by one of `nodes` as what lost.
inline bool is_kept(const std::vector<Node*>& nodes, int nr, const std::string& name) {
    const auto key = std::to_string(nr);
    bool found =
        nodes.front()->sql().number("SELECT count(*) FROM item WHERE nr = " + key + " AND name = '" + name + "'") == 1;
    for (auto* const node : nodes) {
        found = found || node->sql().number("SELECT count(*) FROM replication.conflicts WHERE key = '[" + key +
                                            "]' AND loser_row ->> 'name' = '" + name + "'") > 0;
    }
    return found;
}

}  // namespace tromp::test
