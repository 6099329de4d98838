#include "tests/support/catch.hpp"
#include "tests/support/tree.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/ask.hpp"
#include "tests/system/interleaving.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* by_status =
    "{default: strongest, strength: \"case status when 'paid' then 2 when 'open' then 1 else 1/nr*0 end\"";

TreeOptions with_rule(const std::string& rule) {
    TreeOptions options;
    options.schema =
        "CREATE TABLE item (nr bigint PRIMARY KEY, status text, v text); CREATE TABLE other (nr bigint PRIMARY KEY)";
    options.nodes.extra = "conflicts:\n  tables:\n    public.item: " + rule + "\n";
    return options;
}

/// What every node does to a row of its own number, :nr, while it knows nothing of the others.
struct Meeting {
    std::vector<std::string> at;
    std::string winner;  ///< "status v" in the end, or "(none)"
};

std::string with_number(std::string statements, std::size_t nr) {
    for (std::size_t at = 0; (at = statements.find(":nr", at)) != std::string::npos;)
        statements.replace(at, 3, std::to_string(nr));
    return statements;
}

std::string set(const std::string& status, const std::string& v) {
    return "UPDATE item SET status = '" + status + "', v = '" + v + "' WHERE nr = :nr;";
}

const std::string drop = "DELETE FROM item WHERE nr = :nr;";

/// All of the meetings at once, where the nodes write one after the other, the first or the last node first.
void check_meetings(Tree& tree, const std::vector<Meeting>& meetings, bool last_first) {
    INFO((last_first ? "the last node writes first" : "the first node writes first"));
    tree[0].sql().exec("DELETE FROM item; INSERT INTO item SELECT i, 'new', 'old' FROM generate_series(1, " +
                       std::to_string(meetings.size()) + ") i");
    tree.sync_all();
    for (const auto& node : tree.nodes()) {
        node->sql().exec("DELETE FROM replication.conflicts");
        hold_pulls(*node);
    }
    for (std::size_t i = 0; i < tree.size(); ++i) {
        const auto at = last_first ? tree.size() - 1 - i : i;
        for (std::size_t nr = 1; nr <= meetings.size(); ++nr)
            tree[at].sql().exec(with_number(meetings[nr - 1].at[at], nr));
    }
    for (const auto& node : tree.nodes())
        node->faults().clear();
    tree.sync_all();
    tree.check_equal({"item"});
    for (std::size_t nr = 1; nr <= meetings.size(); ++nr) {
        const auto& meeting = meetings[nr - 1];
        CHECK(tree[0].sql().value(
                  with_number("SELECT coalesce((SELECT status || ' ' || v FROM item WHERE nr = :nr), '(none)')", nr)) ==
              meeting.winner);
        long long kept = 0;
        for (const auto& node : tree.nodes())
            kept +=
                node->sql().number(with_number("SELECT count(*) FROM replication.conflicts WHERE key = '[:nr]'", nr));
        INFO("row " << nr);
        CHECK(kept > 0);
    }
    check_logs_drained(tree);
}

}  // namespace

TEST_CASE("with strongest the stronger row wins at every node of a chain, whoever wrote first") {
    auto tree = Tree::chain(3, with_rule(std::string(by_status) + "}"));
    std::vector<Meeting> meetings = {
        {{set("paid", "a"), set("open", "b"), set("open", "c")}, "paid a"},
        {{set("open", "a"), set("paid", "b"), set("new", "c")}, "paid b"},
        {{set("new", "a"), set("open", "b"), set("paid", "c")}, "paid c"},
        // As strong as the strongest thing that happened to it, and the row as it is now.
        {{set("paid", "a1") + set("open", "a2"), set("open", "b"), set("open", "c")}, "open a2"},
        // A delete is infinitely strong, by default.
        {{set("paid", "a"), drop, set("open", "c")}, "(none)"},
        // Equally strong: the later one.
        {{set("paid", "a"), set("paid", "b"), set("paid", "c")}, "paid c"},
    };
    check_meetings(tree, meetings, false);
    meetings.back().winner = "paid a";
    check_meetings(tree, meetings, true);
}

TEST_CASE("with strongest and deletes by last_update_wins a delete is as strong as the row that it took") {
    auto tree = Tree::chain(2, with_rule(std::string(by_status) + ", delete: last_update_wins}"));
    const std::vector<Meeting> meetings = {
        {{drop, set("open", "b")}, "open b"},
        {{set("paid", "a") + drop, set("open", "b")}, "(none)"},
        {{set("open", "a") + drop, set("paid", "b")}, "paid b"},
        {{set("open", "a") + "UPDATE item SET nr = 100 + nr WHERE nr = :nr", set("paid", "b")}, "paid b"},
        {{set("paid", "a") + "UPDATE item SET nr = 100 + nr WHERE nr = :nr", set("open", "b")}, "(none)"},
    };
    check_meetings(tree, meetings, false);
    check_meetings(tree, meetings, true);
}

TEST_CASE(
    "with node_priority the node that is named first wins, then the next, then the unlisted, whenever they wrote") {
    auto tree = Tree::chain(3, with_rule("{default: node_priority, priority: [2, 3], delete: last_update_wins}"));
    const std::vector<Meeting> meetings = {
        {{set("x", "a"), set("x", "b"), set("x", "c")}, "x b"},
        {{set("x", "a"), "", set("x", "c")}, "x c"},
        {{drop, set("x", "b"), ""}, "x b"},
        {{set("x", "a"), "", drop}, "(none)"},
    };
    check_meetings(tree, meetings, false);
    check_meetings(tree, meetings, true);
}

TEST_CASE(
    "a table whose conflict rules differ at the two ends is held with both rules named, and flows once they agree") {
    auto options = with_rule("{default: strongest, strength: nr}");
    auto tree = Tree::chain(2, options);
    auto& a = tree[0];
    auto& b = tree[1];
    tree.sync_all();
    const auto agreed = a.options().extra;
    const std::pair<std::string, std::string> differing[] = {
        {"{default: strongest, strength: -nr}", "strongest, delete_wins, -nr"},
        {"{default: strongest, strength: nr, delete: last_update_wins}", "strongest, last_update_wins, nr"},
        {"{default: last_update_wins}", "last_update_wins, delete_wins"},
        {"{default: node_priority, priority: [2, 1]}", "node_priority, delete_wins, {2,1}"},
    };
    int nr = 0;
    for (const auto& [rule, words] : differing) {
        INFO(rule);
        b.options().extra = "conflicts:\n  tables:\n    public.item: " + rule + "\n";
        b.write_config();
        b.init_ok();
        b.restart();
        const auto error = wait_error(b, a, "'strongest, delete_wins, nr' at a, but by '" + words + "' here");
        CHECK_THAT(error, contains("table public.item differs from the one at a") && !contains("public.other"));
        b.sql().exec("INSERT INTO item VALUES (" + std::to_string(++nr) + ")");
        a.restart();
        wait_error(a, b, "'" + words + "' at b, but by 'strongest, delete_wins, nr' here");
        a.wait_state(b, "streaming");
        CHECK(a.sql().number("SELECT count(*) FROM item WHERE nr = " + std::to_string(nr)) == 0);
        const auto check = b.ctl({"tables", "check"});
        CHECK(check.exit_code == 1);
        CHECK_THAT(check.out, contains("public.item"));
        b.options().extra = agreed;
        b.write_config();
        b.init_ok();
        tree.sync_all();
        tree.check_equal({"item", "other"});
    }
}
