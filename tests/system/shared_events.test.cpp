// Two nodes that became neighbours when the one between them was gone. Both keep what they had from it in their logs,
// for nodes that are away: so the same events are unread at both ends. docs/resync.md, "An event that both have".

#include <algorithm>

#include "tests/support/catch.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/ask.hpp"
#include "tests/system/interleaving.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

namespace {

enum class Order { as_it_comes, crossing, b_first };

struct Orphans {
    explicit Orphans(const std::string& conflicts) : options(options_with(conflicts)) {
        for (auto* const node : {&a, &b, &c})
            node->sql().exec("CREATE TABLE item (nr bigint PRIMARY KEY, v text, s int)");
        connect(a, b);
        connect(a, c);
        LinkOptions never;
        never.database = false;
        b.link(d, never);
        c.link(e, never);
        for (auto* const node : {&a, &b, &c}) {
            node->init_ok();
            node->start();
        }
        for (auto* const node : {&b, &c}) {
            node->wait_state(a, "streaming");
            a.wait_state(*node, "streaming");
        }
    }

    /// `rows` are written at a, and are everywhere when it is taken away.
    void lose_a(const std::string& rows) {
        a.sql().exec("INSERT INTO item VALUES " + rows);
        for (auto* const node : {&b, &c})
            wait_value(*node, "SELECT count(*) FROM item", a.sql().value("SELECT count(*) FROM item"));
        a.stop();
        for (auto* const node : {&b, &c}) {
            node->stop();
            node->unlink(a);
            REQUIRE(node->ctl({"remove", "a"}).exit_code == 0);
        }
        connect(b, c);
    }

    void meet(Order order) {
        for (auto* const node : {&b, &c}) {
            if (order != Order::as_it_comes) node->faults().arm("stage.done", Faults::Action::pause);
            node->start();
        }
        if (order != Order::as_it_comes) {
            // Both have read the other's log before either has written.
            for (auto* const node : {&b, &c})
                node->faults().wait_reached("stage.done");
            if (order == Order::b_first) advance_to(b, "stage.done", "apply.committed");
            b.faults().clear();
            c.faults().clear();
        }
        settle();
    }

    void settle() {
        for (int round = 0; round < 2; ++round) {
            for (auto* const node : {&b, &c}) {
                for (const auto* const other : {&b, &c}) {
                    if (node == other) continue;
                    const auto output = node->ctl({"sync", other->name(), "--wait", "--timeout", "60s"});
                    INFO(output.err << tail(node->log(), 20));
                    REQUIRE(output.exit_code == 0);
                }
            }
        }
        CHECK(small_diff(table_image(b.sql(), "item"), table_image(c.sql(), "item")) == "");
    }

    std::string rows(Node& node) const {
        return node.sql().value("SELECT coalesce(string_agg(nr || v, ' ' ORDER BY nr), '') FROM item");
    }

    static NodeOptions options_with(const std::string& conflicts) {
        NodeOptions result;
        result.extra = conflicts;
        return result;
    }

    static void connect(Node& one, Node& other) {
        one.link(other);
        other.link(one);
    }

    NodeOptions options;
    Cluster cluster;
    Node a{cluster, 1, "a", options};
    Node b{cluster, 2, "b", options};
    Node c{cluster, 3, "c", options};
    Node d{cluster, 4, "d", options};  // never there
    Node e{cluster, 5, "e", options};
};

const std::string strongest =
    "conflicts: {tables: {public.item: {default: strongest, strength: s, delete: last_update_wins}}}\n";

}  // namespace

TEST_CASE("what two nodes know from a third one decides nothing between them, however strong it is") {
    const auto order = GENERATE(Order::as_it_comes, Order::crossing, Order::b_first);
    CAPTURE(static_cast<int>(order));
    Orphans nodes(strongest);
    nodes.lose_a("(1, 'a', 5), (2, 'a', 5), (3, 'a', 5), (4, 'a', 5), (5, 'a', 5), (6, 'a', 5), (7, 'a', 0)");
    nodes.b.sql().exec(
        "UPDATE item SET (v, s) = ('b', 1) WHERE nr IN (1, 3, 4); UPDATE item SET (v, s) = ('b', 3) WHERE nr = 4;"
        "UPDATE item SET (v, s) = ('again', 1) WHERE nr = 4; DELETE FROM item WHERE nr = 5");
    nodes.c.sql().exec(
        "UPDATE item SET (v, s) = ('c', 1) WHERE nr IN (2, 5); UPDATE item SET (v, s) = ('c', 2) WHERE nr IN (3, 4)");
    nodes.meet(order);
    CHECK(nodes.rows(nodes.b) == "1b 2c 3c 4again 6a 7a");
    for (auto* const node : {&nodes.b, &nodes.c}) {
        const auto lost = losers(*node, "item");
        INFO(node->name());
        for (const auto& loser : lost) {
            INFO(loser);
            CHECK((loser == "update_origin_differs [3] b" || loser == "update_origin_differs [4] c" ||
                   loser == (node == &nodes.b ? "update_deleted [5] c" : "delete_origin_differs [5] c")));
        }
    }
    CHECK(losers(nodes.b, "item").size() + losers(nodes.c, "item").size() >= 3);
    // They go on as any two neighbours.
    nodes.c.sql().exec("UPDATE item SET (v, s) = ('later', 0) WHERE nr IN (1, 3, 6)");
    nodes.settle();
    CHECK(nodes.rows(nodes.b) == "1later 2c 3later 4again 6later 7a");
}

TEST_CASE(
    "a row that two nodes know from a third one comes back where a TRUNCATE deleted it, which is kept as a loser") {
    const auto order = GENERATE(Order::as_it_comes, Order::crossing, Order::b_first);
    const bool c_writes = GENERATE(false, true);
    CAPTURE(static_cast<int>(order), c_writes);
    Orphans nodes("");
    nodes.lose_a("(1, 'a', 0), (2, 'a', 0)");
    nodes.b.sql().exec("TRUNCATE item; INSERT INTO item VALUES (3, 'b', 0)");
    if (c_writes) nodes.c.sql().exec("UPDATE item SET v = 'c' WHERE nr = 2");
    nodes.meet(order);
    CHECK(nodes.rows(nodes.b) == (c_writes ? "1a 2c 3b" : "1a 2a 3b"));
    const auto at_b = losers(nodes.b, "item");
    const auto at_c = losers(nodes.c, "item");
    for (const int key : {1, 2}) {
        const auto of_key = '[' + std::to_string(key) + "] -";
        const auto tells = [&](const std::string& loser) { return loser.find(of_key) != std::string::npos; };
        INFO(key);
        CHECK((std::any_of(at_b.begin(), at_b.end(), tells) || std::any_of(at_c.begin(), at_c.end(), tells)));
    }
}

TEST_CASE("rows that differ though both nodes know all events of them become equal, and the loser is kept") {
    const auto order = GENERATE(Order::as_it_comes, Order::crossing, Order::b_first);
    CAPTURE(static_cast<int>(order));
    Orphans nodes("");
    nodes.lose_a("(1, 'a', 0), (2, 'a', 0), (3, 'a', 0)");
    nodes.c.sql().exec(
        "SET session_replication_role = replica; UPDATE item SET v = 'unseen' WHERE nr = 1; DELETE FROM item WHERE nr "
        "= 2");
    nodes.meet(order);
    CHECK(nodes.rows(nodes.c) == "1a 2a 3a");  // of the lower node; and a row wins over none
    const auto lost =
        nodes.b.sql().number("SELECT count(*) FROM replication.conflicts WHERE loser_row ->> 'v' = 'unseen'") +
        nodes.c.sql().number("SELECT count(*) FROM replication.conflicts WHERE loser_row ->> 'v' = 'unseen'");
    CHECK(lost >= 1);
}

TEST_CASE("an insert under way is the later change where a delete stays that follows what both know") {
    Orphans nodes("");
    nodes.lose_a("(1, 'a', 0), (2, 'a', 0)");
    nodes.c.sql().exec("DELETE FROM item WHERE nr = 1");
    nodes.b.sql().exec("UPDATE item SET v = 'b' WHERE nr = 1");
    const bool drawn_before = GENERATE(false, true);
    CAPTURE(drawn_before);
    Database user(nodes.c.conninfo());
    nodes.c.faults().arm("apply.looked", Faults::Action::pause);
    nodes.b.faults().arm("stage.done", Faults::Action::pause);
    if (drawn_before) user.exec("BEGIN; INSERT INTO item VALUES (1, 'user', 0)");
    nodes.b.start();
    nodes.c.start();
    // c keeps its delete, and has no row to lock.
    nodes.c.faults().wait_reached("apply.looked");
    nodes.b.faults().wait_reached("stage.done");
    if (!drawn_before) user.exec("BEGIN; INSERT INTO item VALUES (1, 'user', 0)");
    user.exec("COMMIT");
    advance_to(nodes.c, "apply.looked", "apply.committed");
    nodes.c.faults().clear();
    nodes.b.faults().clear();
    nodes.settle();
    CHECK(nodes.rows(nodes.b) == "1user 2a");
    CHECK(losers(nodes.c, "item") == std::vector<std::string>{"update_deleted [1] b"});
}
