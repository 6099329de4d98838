#include "tests/system/interleaving.hpp"

#include <algorithm>

#include "tests/support/catch.hpp"
#include "tests/support/wait_until.hpp"

namespace tromp::test {

const std::vector<std::string>& batch_points() {
    static const std::vector<std::string> points = {"pull.begun",          "stage.events",      "stage.rows",
                                                    "stage.done",          "apply.locked",      "apply.looked",
                                                    "apply.merged",        "apply.forwarded",   "apply.advanced",
                                                    "apply.before_commit", "apply.commit_sent", "apply.committed"};
    return points;
}

std::vector<std::string> points_between(const std::string& first, const std::string& last) {
    const auto& all = batch_points();
    return {std::find(all.begin(), all.end(), first), std::next(std::find(all.begin(), all.end(), last))};
}

namespace {

const char* const begun = "pull.begun";

std::string pull_begun(const std::string& neighbour) {
    return std::string(begun) + "." + neighbour;
}

std::vector<std::string> pulls_begun(Node& node) {
    std::vector<std::string> points;
    for (const auto& row : node.sql().rows("select node from replication.nodes where not is_self"))
        points.push_back(pull_begun(row.at(0).value()));
    return points;
}

void hold(Node& node, const std::vector<std::string>& points) {
    for (const auto& point : points)
        node.faults().arm(point, Faults::Action::pause);
    wait_until(
        std::chrono::seconds(30), "the links of " + node.name() + " wait in a pull",
        [&] {
            REQUIRE(node.ctl({"sync"}).exit_code == 0);  // ends their rest
            return std::all_of(points.begin(), points.end(),
                               [&](const std::string& point) { return node.faults().is_reached(point); });
        },
        [&] { return tail(node.log(), 20); });
}

}  // namespace

void hold_pulls(Node& node) {
    hold(node, pulls_begun(node));
}

void hold_pull(Node& node, const Node& from) {
    hold(node, {pull_begun(std::to_string(from.number()))});
}

void release_pulls(Node& node) {
    node.faults().release(begun);
    for (const auto& point : pulls_begun(node))
        node.faults().release(point);
}

void advance_to(Node& node, const std::string& from, const std::string& to) {
    node.faults().arm(to, Faults::Action::pause);
    if (from == begun) {
        release_pulls(node);
    } else {
        node.faults().release(from);
    }
    INFO(tail(node.log(), 20));
    node.faults().wait_reached(to);
}

void start_over(Tree& tree, int rows) {
    for (const auto& node : tree.nodes())
        node->faults().clear();
    tree.sync_all();
    tree[0].sql().exec("DELETE FROM item; INSERT INTO item SELECT i, 'old' FROM generate_series(1, " +
                       std::to_string(rows) + ") i");
    tree.sync_all();
    for (const auto& node : tree.nodes())
        node->sql().exec("DELETE FROM replication.conflicts");
}

std::vector<std::string> losers(Node& node, const std::string& table, long long first) {
    std::vector<std::string> result;
    for (const auto& row : node.sql().rows(
             "select type || ' ' || key::text || ' ' || coalesce(loser_row->>'v', '-') from replication.conflicts"
             " where table_name = '" +
             table + "' and (key->>0)::bigint >= " + std::to_string(first) + "")) {
        result.push_back(row.at(0).value());
    }
    std::sort(result.begin(), result.end());
    return result;
}

std::string held_keys(Node& node) {
    return node.sql().value("SELECT coalesce(string_agg(key::text, ' ' ORDER BY key), '') FROM replication.held");
}

void check_settled(Tree& tree, const std::vector<std::string>& tables) {
    tree.sync_all();
    tree.check_equal(tables);
    check_logs_drained(tree);
    for (const auto& node : tree.nodes()) {
        CHECK(node->sql().number("SELECT count(*) FROM replication.conflicts") == 0);
        CHECK(node->sql().number("SELECT count(*) FROM replication.held") == 0);
    }
}

void check_logs_drained(Tree& tree) {
    for (const auto& node : tree.nodes()) {
        const auto neighbours = node->sql().number("select count(*) from replication.nodes where not is_self");
        INFO("log of " << node->name() << ":\n" << table_image(node->sql(), "replication.log"));
        CHECK(node->sql().number("select count(*) from replication.log") <= neighbours);
    }
}

}  // namespace tromp::test
