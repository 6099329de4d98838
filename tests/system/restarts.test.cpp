#include <algorithm>
#include <array>

#include "tests/support/catch.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/interleaving.hpp"
#include "tests/system/pair.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

/// Both nodes are edited while they know nothing of each other, both daemons and both servers go down, and are started
/// again in every order. After each start everything happens that can, before the next one.
namespace {

/// What the nodes do to one row, and what must become of it.
struct Meeting {
    std::string at_a;
    std::string at_b;
    bool a_first;  ///< a is edited before b
    std::string result;
    std::string loser;  ///< in the conflicts of whoever decided; empty: there is none
};

const std::string put_a = "INSERT INTO item VALUES (:nr, 'a') ON CONFLICT (nr) DO UPDATE SET name = 'a'";
const std::string put_b = "INSERT INTO item VALUES (:nr, 'b') ON CONFLICT (nr) DO UPDATE SET name = 'b'";
const std::string drop = "DELETE FROM item WHERE nr = :nr";

const std::vector<Meeting> meetings = {
    {put_a, put_b, true, "b", "a"},  {put_a, put_b, false, "a", "b"}, {put_a, drop, true, "", "a"},
    {put_a, drop, false, "", "a"},   {drop, put_b, true, "", "b"},    {drop, put_b, false, "", "b"},
    {put_a, "", true, "a", ""},      {"", put_b, true, "b", ""},      {put_a, put_b, true, "b", "a"},
    {put_a, put_b, false, "a", "b"},
};

/// The rows of the last two meetings are not there before.
const std::size_t rows_before = meetings.size() - 2;

void edit(Node& node, bool is_a, bool a_first) {
    for (std::size_t i = 0; i < meetings.size(); ++i) {
        if (meetings[i].a_first != a_first) continue;
        auto sql = is_a ? meetings[i].at_a : meetings[i].at_b;
        const auto at = sql.find(":nr");
        if (at != std::string::npos) node.sql().exec(sql.replace(at, 3, std::to_string(i + 1)));
    }
}

void edit_both(Pair& pair) {
    edit(pair.a, true, true);
    edit(pair.b, false, true);
    edit(pair.b, false, false);
    edit(pair.a, true, false);
}

std::string expected(std::string Meeting::*what) {
    std::string text;
    for (std::size_t i = 0; i < meetings.size(); ++i) {
        const auto& word = meetings[i].*what;
        if (!word.empty()) text += (text.empty() ? "" : " ") + std::to_string(i + 1) + word;
    }
    return text;
}

std::string rows(Node& node) {
    return node.sql().value("SELECT coalesce(string_agg(nr || name, ' ' ORDER BY nr), '') FROM item");
}

std::string losers(Node& node) {
    return node.sql().value(
        "SELECT coalesce(string_agg((key ->> 0) || (loser_row ->> 'name'), ' ' ORDER BY key), '')"
        " FROM replication.conflicts");
}

/// What is started.
enum class Part { server_a, server_b, daemon_a, daemon_b };
using Parts = std::array<Part, 4>;

std::vector<Parts> all_orders() {
    Parts order{Part::server_a, Part::server_b, Part::daemon_a, Part::daemon_b};
    std::vector<Parts> orders;
    do
        orders.push_back(order);
    while (std::next_permutation(order.begin(), order.end()));
    return orders;
}

std::string describe(const Parts& order) {
    static constexpr std::array names = {"server a", "server b", "daemon a", "daemon b"};
    std::string text;
    for (const auto part : order)
        text += (text.empty() ? "" : ", ") + std::string(names.at(static_cast<std::size_t>(part)));
    return text;
}

/// Two nodes that are down, and what starts of them.
class Restart {
  public:
    explicit Restart(Pair& pair) : pair_(pair) {}

    void start(const Parts& order) {
        for (const auto part : order) {
            start(part);
            if (!pair_.ones.is_running() || !pair_.others.is_running()) continue;
            const bool at_a = pair_.a.is_running() && !a_decided_;
            const bool at_b = pair_.b.is_running() && !b_decided_;
            // Who comes first decides; the other one then knows of it.
            const bool alone = at_a != at_b && !a_decided_ && !b_decided_;
            if (at_a) wait_for_all(pair_.a);
            if (at_b) wait_for_all(pair_.b);
            a_decided_ = a_decided_ || at_a;
            b_decided_ = b_decided_ || at_b;
            if (alone) decided_alone_ = at_a ? &pair_.a : &pair_.b;
        }
    }

    /// Both ends equal, the later or stronger change won, and whoever decided has the loser, once.
    void check() {
        pair_.check_equal();
        CHECK(rows(pair_.a) == expected(&Meeting::result));
        const auto all = expected(&Meeting::loser);
        if (decided_alone_) {
            CHECK(losers(*decided_alone_) == all);
            CHECK(losers(decided_alone_ == &pair_.a ? pair_.b : pair_.a).empty());
        } else {
            // Both at once: one of them or both, each all of it or nothing, since all of it is one batch.
            const auto at_a = losers(pair_.a);
            const auto at_b = losers(pair_.b);
            CHECK((at_a == all || at_b == all));
            CHECK((at_a == all || at_a.empty()));
            CHECK((at_b == all || at_b.empty()));
        }
    }

  private:
    void start(Part part) {
        switch (part) {
            case Part::server_a:
                pair_.ones.start();
                break;
            case Part::server_b:
                pair_.others.start();
                break;
            case Part::daemon_a:
                pair_.a.start();
                break;
            case Part::daemon_b:
                pair_.b.start();
                break;
        }
    }

    void wait_for_all(Node& node) {
        REQUIRE(node.ctl({"sync"}).exit_code == 0);  // ends its rest
        wait_until(
            20s, "all is at " + node.name(), [&] { return rows(node) == expected(&Meeting::result); },
            [&] { return rows(node) + "\n" + tail(node.log(), 20); });
    }

    Pair& pair_;
    bool a_decided_ = false;
    bool b_decided_ = false;
    Node* decided_alone_ = nullptr;
};

void start_over(Pair& pair) {
    pair.a.sql().exec("DELETE FROM item; INSERT INTO item SELECT i, 'old' FROM generate_series(1, " +
                      std::to_string(rows_before) + ") i");
    pair.sync();
    for (auto* const node : {&pair.a, &pair.b})
        node->sql().exec("DELETE FROM replication.conflicts");
}

void check_all_orders(void (*edit_and_stop_daemons)(Pair&)) {
    Pair pair;
    bool in_order = false;
    for (const auto& order : all_orders()) {
        in_order = !in_order;
        INFO("servers " << (in_order ? "stopped" : "killed") << ", then started: " << describe(order));
        start_over(pair);
        edit_and_stop_daemons(pair);
        for (auto* const server : {&pair.ones, &pair.others})
            in_order ? server->stop() : server->kill_all();
        Restart restart(pair);
        restart.start(order);
        restart.check();
    }
}

}  // namespace

TEST_CASE("nodes that were edited with their daemons down end equal, in whatever order all is started again") {
    check_all_orders([](Pair& pair) {
        pair.a.stop();
        pair.b.stop();
        edit_both(pair);
    });
}

TEST_CASE(
    "nodes that were edited while cut off end equal, in whatever order all is killed in a pull and started again") {
    check_all_orders([](Pair& pair) {
        hold_pulls(pair.a);
        hold_pulls(pair.b);
        edit_both(pair);
        for (auto* const node : {&pair.a, &pair.b}) {
            node->kill();
            node->faults().clear();
        }
    });
}
