#include "tests/chaos/checker.hpp"

#include <algorithm>

#include "tests/support/catch.hpp"

using namespace tromp::test;
using Kind = Violation::Kind;

namespace {

const RowName row{"item", "[1]"};

/// A history of three nodes and one row, made by hand.
class Story {
  public:
    Story() {
        for (const int node : {1, 2, 3})
            history.nodes.push_back({.node = node, .neighbours = 1});
    }

    /// Somebody commits a write, and both nodes learn of it.
    void write(int node, const std::string& token, std::set<std::string> saw, long long version,
               Write::Kind kind = Write::Kind::row) {
        const Write made{row, token, kind, std::move(saw), version};
        history.attempts.push_back({node, Attempt::Outcome::committed, {made}});
        for (auto& state : history.nodes)
            state.ledger.push_back(made);
    }
    void remove(int node, const std::string& token, std::set<std::string> saw, long long version) {
        write(node, token, std::move(saw), version, Write::Kind::removal);
    }
    void end_with(const std::string& token) {
        for (auto& state : history.nodes)
            set(state, token);
    }
    static void set(NodeState& state, const std::string& token) {
        state.tokens[row] = token;
        state.rows[row] = "(1," + token + ")";
    }
    NodeState& at(int node) { return history.nodes.at(static_cast<std::size_t>(node) - 1); }

    History history;
};

/// a1 was replaced at both nodes at once: by a2 at node 1, by b2 at node 2, which won.
Story conflict() {
    Story story;
    story.write(1, "a1", {}, 10);
    story.write(1, "a2", {"a1"}, 15);
    story.write(2, "b2", {"a1"}, 20);
    story.at(1).conflicts.push_back({row, "a2", 2, 20, 1, 15});
    story.end_with("b2");
    return story;
}

std::set<Kind> kinds(const Story& story) {
    std::set<Kind> result;
    for (const auto& violation : check(story.history))
        result.insert(violation.kind);
    return result;
}

using Kinds = std::set<Kind>;

}  // namespace

TEST_CASE("the checker: a conflict whose loser is kept is no violation, at one node or at both") {
    auto story = conflict();
    CHECK(kinds(story).empty());
    story.at(2).conflicts = story.at(1).conflicts;
    CHECK(kinds(story).empty());
}

TEST_CASE("the checker: a write that is neither final nor replaced nor kept as a loser is lost") {
    auto story = conflict();
    story.at(1).conflicts.clear();
    CHECK(kinds(story) == Kinds{Kind::lost_write});
}

TEST_CASE("the checker: a loser that one node keeps twice is seen") {
    auto story = conflict();
    story.at(1).conflicts.push_back(story.at(1).conflicts.front());
    CHECK(kinds(story) == Kinds{Kind::loser_twice});
}

TEST_CASE("the checker: two removals of one version may lose to one write, but none of them twice") {
    Story story;
    story.write(1, "a1", {}, 10);
    story.remove(1, "a2", {"a1"}, 15);
    story.write(1, "a3", {"a2"}, 15);
    story.remove(1, "a4", {"a3"}, 15);
    story.write(2, "b2", {"a1"}, 20);
    story.end_with("b2");
    story.at(1).conflicts.assign(2, {row, std::nullopt, 2, 20, 1, 15});
    CHECK(kinds(story).empty());
    story.at(1).conflicts.push_back(story.at(1).conflicts.front());
    CHECK(kinds(story) == Kinds{Kind::loser_twice});
}

TEST_CASE("the checker: a row that differs, or is only at one node, is seen") {
    auto story = conflict();
    story.at(2).rows[row] = "(1,b2,other)";
    CHECK(kinds(story) == Kinds{Kind::different});
    story.at(2).rows.clear();
    CHECK(kinds(story) == Kinds{Kind::different});
    std::swap(story.at(1).rows, story.at(2).rows);
    std::swap(story.at(2).rows, story.at(3).rows);
    CHECK(kinds(story) == Kinds{Kind::different});
}

TEST_CASE("the checker: a row that a committed write had replaced must not be the final one") {
    auto story = conflict();
    story.end_with("a1");
    CHECK(kinds(story) == Kinds{Kind::came_back, Kind::lost_write});
}

TEST_CASE("the checker: a final row must not be among the losers") {
    auto story = conflict();
    story.end_with("a2");
    CHECK(kinds(story) == Kinds{Kind::winner_had_lost, Kind::lost_write});
}

TEST_CASE("the checker: a final row that nobody committed is seen") {
    auto story = conflict();
    story.end_with("x");
    CHECK(kinds(story) == Kinds{Kind::unknown_row, Kind::lost_write});
}

TEST_CASE(
    "the checker: a commit that was answered must be in its node's ledger, one with synchronous_commit off need not") {
    auto story = conflict();
    story.history.attempts.push_back({1, Attempt::Outcome::committed, {{{"item", "[2]"}, "a9", Write::Kind::row}}});
    CHECK(kinds(story) == Kinds{Kind::lost_commit});
    story.history.attempts.back().outcome = Attempt::Outcome::forgettable;
    CHECK(kinds(story).empty());
}

TEST_CASE("the checker: a write that was rolled back must not be in the ledger, nor one that nobody made") {
    auto story = conflict();
    story.history.attempts.back().outcome = Attempt::Outcome::rolled_back;
    CHECK(kinds(story) == Kinds{Kind::revived});
    story.history.attempts.pop_back();
    CHECK(kinds(story).contains(Kind::revived));
}

TEST_CASE("the checker: of a transaction whose commit was not answered all writes are there, or none") {
    auto story = conflict();
    auto& unanswered = story.history.attempts.back();
    unanswered.outcome = Attempt::Outcome::unknown;
    CHECK(kinds(story).empty());
    unanswered.writes.push_back({{"item", "[2]"}, "b2", Write::Kind::row});
    CHECK(kinds(story) == Kinds{Kind::torn});
}

TEST_CASE("the checker: a delete that loses must be kept, and is found by its tag") {
    Story story;
    story.write(1, "a1", {}, 10);
    story.remove(1, "a2", {"a1"}, 15);
    story.write(2, "b2", {"a1"}, 20);
    story.end_with("b2");
    CHECK(kinds(story) == Kinds{Kind::lost_removal});
    story.at(2).conflicts.push_back({row, std::nullopt, 2, 20, 1, 14});
    CHECK(kinds(story) == Kinds{Kind::lost_removal});
    story.at(2).conflicts.front().loser_version = 15;
    CHECK(kinds(story).empty());
}

TEST_CASE("the checker: of several TRUNCATEs the last one stands for all, whether it found the row or not") {
    Story story;
    story.write(1, "a1", {}, 10);
    story.remove(1, "a2", {"a1"}, 15);
    story.write(2, "b2", {"a1"}, 20);
    story.end_with("b2");
    story.at(1).conflicts.push_back({row, std::nullopt, 2, 20, 1, 17});
    CHECK(kinds(story) == Kinds{Kind::lost_removal});
    story.history.attempts[1].writes.front().by_truncate = true;
    CHECK(kinds(story).empty());
    story.at(1).conflicts.clear();
    CHECK(kinds(story) == Kinds{Kind::lost_removal});
}

TEST_CASE("the checker: a row that was logged twice may come back after a TRUNCATE that knew of it, and only then") {
    Story story;
    story.write(2, "b1", {}, 10);
    story.remove(1, "a2", {"b1"}, 15);
    story.history.attempts[1].writes.front().by_truncate = true;
    story.end_with("b1");
    CHECK(kinds(story) == Kinds{Kind::came_back, Kind::lost_removal});
    story.at(3).logged_again.insert({row, 2, 10});
    CHECK(kinds(story).empty());
    story.history.attempts[1].writes.front().by_truncate = false;
    CHECK(kinds(story) == Kinds{Kind::lost_removal});
}

TEST_CASE("the checker: two deletes at once are one result, and one stands for both when they lose") {
    Story story;
    story.write(1, "a1", {}, 10);
    story.remove(1, "a2", {"a1"}, 15);
    story.remove(2, "b2", {"a1"}, 16);
    CHECK(kinds(story).empty());
    story.write(3, "c2", {"a1"}, 20);
    story.end_with("c2");
    CHECK(kinds(story) == Kinds{Kind::lost_removal});
    story.at(1).conflicts.push_back({row, std::nullopt, 3, 20, 2, 16});
    CHECK(kinds(story).empty());
}

TEST_CASE("the checker: of two deletes at once a row made anew may have known only one") {
    Story story;
    story.write(1, "a1", {}, 10);
    story.remove(1, "a2", {"a1"}, 15);
    story.remove(2, "b2", {"a1"}, 16);
    story.write(2, "b3", {"b2"}, 20);
    story.end_with("b3");
    CHECK(kinds(story).empty());
    story.remove(1, "a4", {"b3"}, 30);
    story.write(1, "a5", {"a4"}, 31);
    story.remove(1, "a6", {"a5"}, 32);
    story.write(2, "b6", {"a5"}, 33);
    story.end_with("b6");
    CHECK(kinds(story) == Kinds{Kind::lost_removal});
}

TEST_CASE("the checker: a row made anew accounts for the deletes that its node knew of") {
    Story story;
    story.write(1, "a1", {}, 10);
    story.remove(1, "a2", {"a1"}, 15);
    story.remove(2, "b2", {"a1"}, 16);
    story.write(2, "b3", {"a2", "b2"}, 20);
    story.end_with("b3");
    CHECK(kinds(story).empty());
}

TEST_CASE(
    "the checker: a row made anew elsewhere meanwhile counts as later than a delete, one that the delete followed does "
    "not") {
    Story story;
    story.write(1, "a1", {}, 10);
    story.write(2, "b2", {"a1"}, 14);
    story.remove(1, "a2", {"a1"}, 15);
    story.end_with("b2");
    CHECK(kinds(story) == Kinds{Kind::lost_removal});
    story.write(3, "c2", {}, 20);
    story.at(1).conflicts.push_back({row, "b2", 3, 20, 2, 14});
    story.end_with("c2");
    CHECK(kinds(story).empty());
}

TEST_CASE("the checker: a write that followed the other was in no conflict with it") {
    auto story = conflict();
    story.write(2, "b3", {"b2"}, 30);
    story.end_with("b3");
    CHECK(kinds(story).empty());
    story.at(1).conflicts.push_back({row, "a1", 2, 30, 1, 10});
    CHECK(kinds(story) == Kinds{Kind::false_conflict});
}

TEST_CASE("the checker: the loser that is kept must be the one whose tag lost, unless clocks were shifted") {
    auto story = conflict();
    auto& kept = story.at(1).conflicts.front();
    kept.loser = "b2";
    story.end_with("a2");
    CHECK(kinds(story) == Kinds{Kind::wrong_loser});
    story.history.true_clocks = false;
    CHECK(kinds(story).empty());
}

TEST_CASE("the checker: rows of two writes and logs that are not drained are seen") {
    auto story = conflict();
    story.at(2).garbled = 1;
    story.at(2).events = 2;
    CHECK(kinds(story) == Kinds{Kind::garbled, Kind::log_not_drained});
    story.at(2).garbled = 0;
    story.at(2).events = 1;
    CHECK(kinds(story).empty());
}

TEST_CASE("the checker: a row may be held where another one has its claim, and nowhere else") {
    auto story = conflict();
    story.at(1).held.push_back({.row = row, .token = "b2", .claim = 5, .in_way = RowName{"item", "[2]"}});
    CHECK(kinds(story).empty());
    story.at(1).held.front().in_way.reset();
    CHECK(kinds(story) == Kinds{Kind::held});
}

TEST_CASE("the checker: what a user who discarded a held row kept may be final, though it was replaced or had lost") {
    auto story = conflict();
    story.write(1, "a3", {"b2"}, 30);
    story.at(2).conflicts.push_back({row, "a3", 2, 40, 1, 30});
    story.end_with("b2");
    CHECK(kinds(story) == Kinds{Kind::came_back});
    story.at(2).conflicts.push_back({row, "b2", 1, 30, 2, 40});
    CHECK(kinds(story) == Kinds{Kind::came_back, Kind::winner_had_lost, Kind::false_conflict});
    story.history.discards.push_back({row, "b2"});
    CHECK(kinds(story).empty());
    story.history.discards.front().kept = "a2";
    CHECK(kinds(story) == Kinds{Kind::came_back, Kind::winner_had_lost, Kind::false_conflict});
}

TEST_CASE(
    "the checker: a change that was logged twice may lose twice, win after it lost, or lose against its successor") {
    auto story = conflict();
    story.at(1).conflicts.push_back(story.at(1).conflicts.front());
    story.write(1, "a3", {"a2"}, 30);
    story.end_with("a3");
    story.at(2).conflicts.push_back({row, "a2", 1, 30, 1, 15});
    story.at(2).conflicts.push_back({row, "b2", 1, 30, 2, 20});
    CHECK(kinds(story) == Kinds{Kind::loser_twice, Kind::false_conflict});
    story.at(3).logged_again.insert({row, 1, 15});
    CHECK(kinds(story).empty());
    story.at(2).conflicts.push_back({row, "a3", 2, 20, 1, 30});
    CHECK(kinds(story) == Kinds{Kind::winner_had_lost});
    story.at(3).logged_again.insert({row, 1, 30});
    CHECK(kinds(story).empty());
}
