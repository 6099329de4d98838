#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <thread>

#include "tests/support/catch.hpp"
#include "tests/system/ask.hpp"
#include "tests/system/interleaving.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

namespace {

/// What each end does to one key, in letters: I inserts, U updates, D deletes.
struct Meeting {
    bool existed;  ///< the key was on both nodes before
    std::string at_a;
    std::string at_b;
};

const std::vector<Meeting> meetings = {
    {false, "I", "I"},  {true, "U", "U"},    {true, "U", "D"},   {true, "D", "U"},   {true, "D", "D"},
    {true, "DI", "U"},  {true, "U", "DI"},   {true, "DI", "D"},  {true, "D", "DI"},  {true, "DI", "DI"},
    {true, "UU", "U"},  {true, "U", "UUD"},  {false, "ID", "I"}, {false, "I", "ID"}, {false, "IDI", "I"},
    {true, "DID", "U"}, {true, "UDI", "UD"}, {false, "IU", "I"}, {false, "I", "IU"},
};

/// Strength and time of a change; delete_wins over any other, and otherwise the later one wins.
using Tag = std::pair<bool, int>;

/// What one end did, as the rules of sides see it.
struct Side {
    Tag tag;
    bool inserted = false;
    std::optional<std::string> row;  ///< the value in the end
};

std::string letter(bool at_a) {
    return at_a ? "a" : "b";
}

Side play(const std::string& operations, const std::string& who, int& time) {
    Side side;
    for (const char operation : operations) {
        side.tag = std::max(side.tag, Tag(operation == 'D', ++time));
        side.inserted = side.inserted || operation == 'I';
        side.row = operation == 'D' ? std::nullopt : std::optional(who + std::to_string(time));
    }
    return side;
}

void write(Node& node, long long key, const std::string& operations, int& time) {
    const auto nr = std::to_string(key);
    for (const char operation : operations) {
        const auto value = "'" + node.name() + std::to_string(++time) + "'";
        switch (operation) {
            case 'I':
                node.sql().exec("INSERT INTO item VALUES (" + nr + ", " + value + ")");
                break;
            case 'U':
                node.sql().exec("UPDATE item SET v = " + value + " WHERE nr = " + nr);
                break;
            default:
                node.sql().exec("DELETE FROM item WHERE nr = " + nr);
        }
    }
}

std::optional<std::string> conflict_type(const Side& incoming, const Side& here) {
    if (!incoming.row && !here.row) return std::nullopt;
    if (!incoming.row) return "delete_origin_differs";
    if (!here.row) return "update_deleted";
    return incoming.inserted && here.inserted ? "insert_exists" : "update_origin_differs";
}

/// The two ends of a link, after both have written the same keys and neither has read the other's changes.
class Crossing {
  public:
    Crossing(Tree& tree, long long first, bool a_writes_first) : tree_(tree), first_(first) {
        for (std::size_t i = 0; i < meetings.size(); ++i) {
            if (meetings[i].existed)
                tree_[0].sql().exec("INSERT INTO item VALUES (" + std::to_string(first + static_cast<long long>(i)) +
                                    ", 'old')");
        }
        tree_.sync_all();
        hold_pulls(tree_[0]);
        hold_pulls(tree_[1]);
        for (const bool at_a : {a_writes_first, !a_writes_first}) {
            const int began = time_;
            for (std::size_t i = 0; i < meetings.size(); ++i) {
                const auto& operations = at_a ? meetings[i].at_a : meetings[i].at_b;
                int time = time_;
                sides_[at_a].push_back(play(operations, letter(at_a), time));
                write(tree_[at_a ? 0 : 1], first + static_cast<long long>(i), operations, time_);
            }
            REQUIRE(time_ > began);
        }
    }

    Node& a() { return tree_[0]; }
    Node& b() { return tree_[1]; }

    void finish(bool a_decided, bool b_decided) {
        a().faults().clear();
        b().faults().clear();
        tree_.sync_all();
        tree_.check_equal({"item"});
        for (std::size_t i = 0; i < meetings.size(); ++i)
            check_row(i);
        CHECK(losers(a(), "item", first_) == expected_losers(true, a_decided));
        CHECK(losers(b(), "item", first_) == expected_losers(false, b_decided));
        check_logs_drained(tree_);
    }

  private:
    bool a_wins(std::size_t i) const { return sides_.at(true)[i].tag > sides_.at(false)[i].tag; }

    void check_row(std::size_t i) {
        const auto& winner = sides_.at(a_wins(i))[i];
        const auto rows =
            a().sql().rows("SELECT v FROM item WHERE nr = " + std::to_string(first_ + static_cast<long long>(i)));
        INFO("at a " << meetings[i].at_a << ", at b " << meetings[i].at_b);
        CHECK((rows.empty() ? std::nullopt : rows.front().front()) == winner.row);
    }

    std::vector<std::string> expected_losers(bool at_a, bool decided) const {
        std::vector<std::string> expected;
        for (std::size_t i = 0; decided && i < meetings.size(); ++i) {
            const auto type = conflict_type(sides_.at(!at_a)[i], sides_.at(at_a)[i]);
            const auto& loser = sides_.at(!a_wins(i))[i];
            if (type)
                expected.push_back(*type + " [" + std::to_string(first_ + static_cast<long long>(i)) + "] " +
                                   loser.row.value_or("-"));
        }
        std::sort(expected.begin(), expected.end());
        return expected;
    }

    Tree& tree_;
    const long long first_;
    int time_ = 0;
    std::map<bool, std::vector<Side>> sides_;  // by: at a
};

void commit_alone(Node& node, const std::string& from) {
    advance_to(node, from, "apply.committed");
}

struct Order {
    const char* name;
    bool a_decides;
    bool b_decides;
    std::function<void(Crossing&)> run;
};

const std::vector<Order> orders = {
    {"a commits before b pulls", true, false,
     [](Crossing& c) {
         commit_alone(c.a(), "pull.begun");
         release_pulls(c.b());
     }},
    {"b commits before a pulls", false, true,
     [](Crossing& c) {
         commit_alone(c.b(), "pull.begun");
         release_pulls(c.a());
     }},
    {"both have pulled, a commits first", true, true,
     [](Crossing& c) {
         advance_to(c.a(), "pull.begun", "stage.done");
         advance_to(c.b(), "pull.begun", "stage.done");
         commit_alone(c.a(), "stage.done");
         c.b().faults().release("stage.done");
     }},
    {"both have pulled, b commits first", true, true,
     [](Crossing& c) {
         advance_to(c.a(), "pull.begun", "stage.done");
         advance_to(c.b(), "pull.begun", "stage.done");
         commit_alone(c.b(), "stage.done");
         c.a().faults().release("stage.done");
     }},
    {"both have looked before either merges", true, true,
     [](Crossing& c) {
         advance_to(c.a(), "pull.begun", "apply.looked");
         advance_to(c.b(), "pull.begun", "apply.looked");
     }},
    {"both are about to commit", true, true,
     [](Crossing& c) {
         advance_to(c.a(), "pull.begun", "apply.before_commit");
         advance_to(c.b(), "pull.begun", "apply.before_commit");
     }},
    {"a has pulled, b commits, pulls again and prunes before a looks", true, true,
     [](Crossing& c) {
         advance_to(c.a(), "pull.begun", "stage.done");
         commit_alone(c.b(), "pull.begun");
         advance_to(c.b(), "apply.committed", "pull.begun");
     }},
    {"b has pulled, a commits, pulls again and prunes before b looks", true, true,
     [](Crossing& c) {
         advance_to(c.b(), "pull.begun", "stage.done");
         commit_alone(c.a(), "pull.begun");
         advance_to(c.a(), "apply.committed", "pull.begun");
     }},
};

TreeOptions one_table() {
    TreeOptions options;
    options.schema = "CREATE TABLE item (nr bigint PRIMARY KEY, v text)";
    return options;
}

}  // namespace

TEST_CASE("two ends that resolve the same conflicts keep the same rows, whatever the order in which they do it") {
    auto tree = Tree::chain(2, one_table());
    long long first = 0;
    for (const auto& order : orders) {
        for (const bool a_writes_first : {true, false}) {
            INFO(order.name << "; " << letter(a_writes_first) << " writes first");
            first += 1000;
            Crossing crossing(tree, first, a_writes_first);
            order.run(crossing);
            crossing.finish(order.a_decides, order.b_decides);
        }
    }
}

namespace {

/// a's daemon has pulled what b wrote to row 1, 'b1', and waits; returns with b's daemon waiting in a pull that saw
/// nothing.
void hold_a_with_b1(Tree& tree) {
    tree[0].sql().exec("INSERT INTO item VALUES (1, 'old')");
    tree.sync_all();
    hold_pulls(tree[0]);
    hold_pulls(tree[1]);
    tree[1].sql().exec("UPDATE item SET v = 'b1' WHERE nr = 1");
    advance_to(tree[0], "pull.begun", "stage.done");
}

void finish(Tree& tree, const std::string& expected) {
    for (const auto& node : tree.nodes())
        node->faults().clear();
    tree.sync_all();
    tree.check_equal({"item"});
    CHECK(tree[0].sql().value("SELECT v FROM item WHERE nr = 1") == expected);
    check_logs_drained(tree);
}

}  // namespace

TEST_CASE(
    "a write that the other end acknowledges while an older pull is in flight is not pruned before that pull is "
    "applied") {
    auto tree = Tree::chain(2, one_table());
    hold_a_with_b1(tree);
    tree[0].sql().exec("UPDATE item SET v = 'a1' WHERE nr = 1");
    commit_alone(tree[1], "pull.begun");  // b has read a1 and found it the later one
    CHECK(tree[1].sql().value("SELECT v FROM item WHERE nr = 1") == "a1");
    CHECK(losers(tree[1], "item") == std::vector<std::string>{"update_origin_differs [1] b1"});
    advance_to(tree[1], "apply.committed", "pull.begun");
    CHECK(tree[0].sql().number("SELECT count(*) FROM replication.log WHERE via = 1 AND key = '[1]'") == 1);
    finish(tree, "a1");
    CHECK(losers(tree[0], "item") == std::vector<std::string>{"update_origin_differs [1] b1"});
    CHECK(losers(tree[1], "item").size() == 1);
}

TEST_CASE("a pull in flight with an older acknowledgement does not take a write back that came after it") {
    auto tree = Tree::chain(2, one_table());
    hold_a_with_b1(tree);
    // b pulls another row of a's, while a's position does not have b1 yet.
    tree[0].sql().exec("INSERT INTO item VALUES (2, 'a')");
    advance_to(tree[1], "pull.begun", "stage.done");
    commit_alone(tree[0], "stage.done");
    tree[0].sql().exec("UPDATE item SET v = 'a2' WHERE nr = 1");  // follows b1
    advance_to(tree[0], "apply.committed", "pull.begun");
    commit_alone(tree[1], "stage.done");  // with the acknowledgement of before b1
    CHECK(tree[1].sql().value("SELECT v FROM item WHERE nr = 1") == "b1");
    CHECK(tree[1].sql().number("SELECT count(*) FROM replication.log WHERE via = 2 AND key = '[1]'") == 1);
    finish(tree, "a2");
    CHECK(losers(tree[0], "item").empty());
    CHECK(losers(tree[1], "item").empty());
}

TEST_CASE(
    "a row that was written again while its older version was in flight the other way ends the same on both sides") {
    auto tree = Tree::chain(2, one_table());
    hold_a_with_b1(tree);
    tree[0].sql().exec("UPDATE item SET v = 'a1' WHERE nr = 1");
    advance_to(tree[1], "pull.begun", "stage.done");  // holds a1 and the position of before b1
    tree[1].sql().exec("UPDATE item SET v = 'b2' WHERE nr = 1");
    commit_alone(tree[0], "stage.done");                   // b1 against a1: a1 stays
    advance_to(tree[0], "apply.committed", "stage.done");  // and the next pull brings b2
    commit_alone(tree[1], "stage.done");                   // a1 against b1 and b2: b2 stays
    finish(tree, "b2");
    CHECK(losers(tree[1], "item") == std::vector<std::string>{"update_origin_differs [1] a1"});
    for (const auto& loser : losers(tree[0], "item"))
        CHECK((loser == "update_origin_differs [1] b1" || loser == "update_origin_differs [1] a1"));
}

TEST_CASE("a delete of what is not here gets through although there is always another neighbour's batch at hand") {
    auto tree = Tree::chain(2, one_table());
    auto& a = tree[0];
    auto& b = tree[1];
    tree.sync_all();
    // Two that hold what batches hold, in turns, each longer than a batch waits for a lock: there is never nobody.
    const auto hold = [conninfo = b.conninfo()](const std::stop_token& stop, const std::string& begin_after) {
        Database database(conninfo);
        database.exec("SELECT pg_sleep(" + begin_after + ")");
        while (!stop.stop_requested()) {
            database.exec("SELECT pg_advisory_lock_shared(1953656685, 3), pg_sleep(1)");
            database.exec("SELECT pg_advisory_unlock_shared(1953656685, 3)");
        }
    };
    const std::jthread one(hold, "0");
    wait_value(b, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 3", "1");
    const std::jthread other(hold, "0.5");
    wait_value(b, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 3", "2");
    a.sql().exec("INSERT INTO item VALUES (1, 'short-lived'); DELETE FROM item; INSERT INTO item VALUES (2, 'last')");
    wait_value(b, "SELECT count(*) FROM item WHERE nr = 2", "1", 20s);
}
