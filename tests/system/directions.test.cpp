#include "tests/support/catch.hpp"
#include "tests/support/tree.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/ask.hpp"
#include "tests/system/items.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

namespace {

const char* const rows = "SELECT count(*) FROM item";

void check_both_ways(Tree& tree) {
    tree[0].sql().exec("INSERT INTO item SELECT i, 'of a' FROM generate_series(1, 100) i");
    tree[1].sql().exec("INSERT INTO item SELECT i, 'of b' FROM generate_series(101, 200) i");
    for (const auto& node : tree.nodes())
        wait_value(*node, rows, "200");
    tree[0].sql().exec("UPDATE item SET name = 'of a again' WHERE nr % 2 = 0");
    tree[1].sql().exec("DELETE FROM item WHERE nr % 2 = 1");
    for (const auto& node : tree.nodes())
        wait_value(*node, "SELECT count(*) FROM item WHERE name = 'of a again'", "100");
    for (const auto& node : tree.nodes())
        wait_value(*node, rows, "100");
    tree.check_equal({"item"});
}

}  // namespace

TEST_CASE("with direction both everything flows to and from a neighbour that runs no daemon") {
    auto options = with_items();
    options.direction = "both";
    options.start = false;
    auto tree = Tree::chain(2, options);
    auto& a = tree[0];
    auto& b = tree[1];
    a.unlink(b);  // a does not even know b
    tree.init_all();
    b.start();
    wait_value(a, "SELECT count(*) FROM replication.nodes WHERE node = 2 AND NOT is_self", "1");
    check_both_ways(tree);
    REQUIRE(b.sync().exit_code == 0);
    CHECK(b.state(a) == "streaming");
    // Nobody but the daemon of b can have pruned it.
    wait_log_short(a, 30s);
    wait_log_short(b);
}

TEST_CASE("with direction both everything flows to and from a neighbour that cannot reach us") {
    auto options = with_items();
    options.direction = "both";
    auto tree = Tree::chain(2, options);
    check_both_ways(tree);
    tree.sync_all();
    wait_log_short(tree[0]);
    wait_log_short(tree[1]);
    // a never connects to b, so all that it can say is what its own database tells.
    const auto report = neighbour_report(tree[0], tree[1]);
    CHECK(report.at("to_receive").at("events").is_null());
    CHECK(report.at("to_send").at("events").to_number<int>() == 0);
    CHECK(report.at("last_error").is_null());
}

TEST_CASE("two daemons that both run both directions of their link do no harm") {
    auto options = with_items();
    options.start = false;
    auto tree = Tree::chain(2, options);
    auto& a = tree[0];
    auto& b = tree[1];
    a.link(b, {.direction = "both"});
    b.link(a, {.direction = "both"});
    tree.init_all();
    tree.start_all();
    check_both_ways(tree);
    // Each of them knows when all is there, whoever brought it, and says once what it leaves to the other one.
    tree.sync_all();
    for (auto* const node : {&a, &b}) {
        const auto log = node->log();
        INFO(log);
        CHECK(log.find(" error ") == std::string::npos);
        int said = 0;
        for (auto at = log.find("another trompd"); at != std::string::npos; at = log.find("another trompd", at + 1))
            ++said;
        CHECK(said <= 2);
        const auto report = neighbour_report(*node, node == &a ? b : a);
        CHECK((report.at("state") == "streaming" || report.at("state") == "connecting"));
        CHECK(report.at("to_send").at("events") == 0);
        CHECK(report.at("last_error").is_null());
    }
    // Each prunes its own log, whoever moved what; one that pulls nothing itself looks every half a minute.
    wait_log_short(a, 40s);
    wait_log_short(b, 40s);
    CHECK(a.sql().number("SELECT count(*) FROM replication.conflicts") == 0);
    CHECK(b.sql().number("SELECT count(*) FROM replication.conflicts") == 0);
    // Whichever had a direction, the other one takes it when that is gone.
    a.kill();
    a.sql().exec("INSERT INTO item VALUES (1001, 'a without daemon')");
    wait_value(b, "SELECT count(*) FROM item WHERE nr = 1001", "1");
    b.sql().exec("INSERT INTO item VALUES (1002, 'to a without daemon')");
    wait_value(a, "SELECT count(*) FROM item WHERE nr = 1002", "1");
    a.start();
    b.kill();
    b.sql().exec("INSERT INTO item VALUES (1003, 'b without daemon')");
    wait_value(a, "SELECT count(*) FROM item WHERE nr = 1003", "1");
    a.sql().exec("INSERT INTO item VALUES (1004, 'to b without daemon')");
    wait_value(b, "SELECT count(*) FROM item WHERE nr = 1004", "1");
}

TEST_CASE("a neighbour without an address is not connected to, and its changes come when it comes") {
    auto options = with_items();
    options.start = false;
    auto tree = Tree::chain(2, options);
    auto& a = tree[0];
    auto& b = tree[1];
    a.link(b, {.database = false});
    tree.init_all();
    tree.start_all();
    a.sql().exec("INSERT INTO item VALUES (1, 'of a')");
    b.sql().exec("INSERT INTO item VALUES (2, 'of b')");
    wait_value(b, rows, "2");
    CHECK(a.sql().number(rows) == 1);
    CHECK(a.sql().number(
              "SELECT count(*) FROM pg_stat_activity WHERE datname = 'b' AND application_name = 'trompd pull for a'") ==
          0);
    b.link(a, {.direction = "both"});
    b.restart();
    wait_value(a, rows, "2");
    tree.sync_all();
    tree.check_equal({"item"});
}

TEST_CASE("changes made while the local daemon is down reach a neighbour that polls") {
    auto tree = Tree::chain(3, with_items());
    auto& a = tree[0];
    auto& b = tree[1];
    tree.sync_all();
    b.stop();
    b.sql().exec("INSERT INTO item SELECT i, 'daemon down' FROM generate_series(1, 50) i");
    wait_value(a, rows, "50", 5s);
    wait_value(tree[2], rows, "50", 5s);
    a.sql().exec("INSERT INTO item SELECT i, 'of a' FROM generate_series(51, 80) i");
    b.start();
    wait_value(b, rows, "80", 5s);
    tree.sync_all();
    tree.check_equal({"item"});
}

TEST_CASE("a pause stops both directions, survives a restart, shows at the other end and ends with resume") {
    auto tree = Tree::chain(2, with_items());
    auto& a = tree[0];
    auto& b = tree[1];
    tree.sync_all();
    REQUIRE(a.ctl({"pause", "b"}).exit_code == 0);
    a.wait_state(b, "paused");
    b.wait_state(a, "paused");
    for (auto* const restarted : {&a, &b}) {
        restarted->restart();
        a.wait_state(b, "paused");
        b.wait_state(a, "paused");
    }
    a.sql().exec("INSERT INTO item VALUES (1, 'of a')");
    b.sql().exec("INSERT INTO item VALUES (2, 'of b')");
    // Not in sync, and no error either: somebody wanted it so.
    CHECK(a.ctl({"sync", "--wait", "--timeout", "2s"}).exit_code == 1);
    CHECK(b.ctl({"sync", "--wait", "--timeout", "2s"}).exit_code == 1);
    CHECK(a.sql().number(rows) == 1);
    CHECK(b.sql().number(rows) == 1);
    CHECK(last_error(a, b).empty());
    CHECK(last_error(b, a).empty());
    REQUIRE(a.ctl({"resume", "b"}).exit_code == 0);
    tree.sync_all();
    a.wait_state(b, "streaming");
    b.wait_state(a, "streaming");
    tree.check_equal({"item"});
    CHECK(a.sql().number(rows) == 2);
}
