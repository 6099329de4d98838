#include <boost/json.hpp>

#include "tests/support/catch.hpp"
#include "tests/support/tree.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/ask.hpp"
#include "tests/system/items.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

/// What a long absence costs, and what the others say of whoever is away.
namespace {

std::string fresh_as_of(const Node& node, const Node& other) {
    const auto report = node.status();
    for (const auto& entry : report.at("tree").as_array()) {
        if (entry.at("node").to_number<int>() != other.number()) continue;
        return entry.at("fresh_as_of").is_null() ? "" : std::string(entry.at("fresh_as_of").as_string());
    }
    FAIL(node.name() << " does not know of " << other.name());
    return "";
}

std::string now_at(Node& node) {
    return node.sql().value("SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')");
}

}  // namespace

TEST_CASE("months of updates of few rows wait in a small log and come home in one small batch") {
    constexpr int rows = 100;
    auto options = with_items();
    options.proxied = true;
    auto tree = Tree::chain(2, options);
    auto& a = tree[0];
    auto& b = tree[1];
    a.sql().exec("INSERT INTO item SELECT i, 'at first' FROM generate_series(1, " + std::to_string(rows) + ") i");
    tree.sync_all();
    tree.cut(0, 1);
    a.wait_state(b, "backing_off");
    // 100,000 updates, in a thousand transactions.
    a.sql().exec(
        "DO $$ BEGIN FOR round IN 1..1000 LOOP UPDATE item SET name = 'round ' || round; COMMIT; END LOOP; END $$");
    wait_value(a, "SELECT count(*) <= 100 + " + std::to_string(2 * rows) + " FROM replication.events", "t", 120s);
    auto waiting = neighbour_report(a, b).at("to_send");
    CHECK(waiting.at("events").to_number<int>() <= 3 * rows);
    CHECK(waiting.at("events").to_number<int>() >= rows);
    CHECK(waiting.at("seconds").to_number<double>() > 0);
    CHECK(a.status().at("safe_to_go_offline") == false);
    auto& proxy = tree.proxy(0, 1);
    const auto before = proxy.bytes_to_client() + proxy.bytes_to_server();
    tree.heal(0, 1);
    wait_value(b, "SELECT count(*) FROM item WHERE name = 'round 1000'", std::to_string(rows));
    // Both directions' connections and all that they ask at the beginning are in it.
    CHECK(proxy.bytes_to_client() + proxy.bytes_to_server() - before < 400'000);
    int batches = 0;
    const auto log = b.log();
    for (auto at = log.find("link=a events="); at != std::string::npos; at = log.find("link=a events=", at + 1))
        ++batches;
    CHECK(batches <= 3);  // that of the beginning among them
    tree.sync_all();
    tree.check_equal({"item"});
}

TEST_CASE("while a link is down every node of the tree says how old its copy of each of the others is") {
    auto options = with_items();
    options.proxied = true;
    auto tree = Tree::chain(5, options);
    tree.sync_all();
    auto& a = tree[0];
    auto& e = tree[4];
    const auto knows_all = [&](const Node& node) { return node.status().at("tree").as_array().size() == 4; };
    for (const auto& node : tree.nodes())
        wait_until(30s, node->name() + " knows the tree", [&] { return knows_all(*node); });
    tree.cut(2, 3);  // a, b and c are apart from d and e
    tree[2].wait_state(tree[3], "backing_off");
    tree[3].wait_state(tree[2], "backing_off");
    const auto cut_at = now_at(a);
    a.sql().exec("INSERT INTO item VALUES (1, 'of a')");
    e.sql().exec("INSERT INTO item VALUES (2, 'of e')");
    // How fresh it is is noted every ten seconds.
    const auto on_one_side = [](std::size_t one, std::size_t other) { return (one < 3) == (other < 3); };
    for (std::size_t one = 0; one < tree.size(); ++one) {
        for (std::size_t other = 0; other < tree.size(); ++other) {
            if (one == other) continue;
            INFO(tree[one].name() << " of " << tree[other].name());
            if (on_one_side(one, other)) {
                wait_until(60s, "the copy is known to be fresh",
                           [&] { return fresh_as_of(tree[one], tree[other]) > cut_at; });
            } else {
                CHECK(fresh_as_of(tree[one], tree[other]) <= cut_at);
            }
        }
        const auto lines = tree[one].ctl({"status", "--tree"});
        CHECK(lines.exit_code == 0);
        for (const auto& node : tree.nodes()) {
            if (node->number() != tree[one].number())
                CHECK_THAT(lines.out, contains(std::to_string(node->number()) + " " + node->name()));
        }
    }
    // Also later, and by the daemon's own database alone.
    CHECK(fresh_as_of(a, e) <= cut_at);
    CHECK(fresh_as_of(tree[2], tree[3]) <= cut_at);
    tree[2].stop();
    CHECK(fresh_as_of(tree[2], tree[3]) <= cut_at);
    CHECK(neighbour_report(tree[2], tree[3]).at("to_receive").at("events").is_null());
    CHECK(tree[2].status().at("safe_to_go_offline") == false);
    tree[2].start();
    tree.heal(2, 3);
    tree.sync_all();
    tree.check_equal({"item"});
    for (const auto& node : tree.nodes())
        CHECK(node->status().at("safe_to_go_offline") == true);
}

TEST_CASE("status says what waits in events and in time, in both directions") {
    auto tree = Tree::chain(2, with_items());
    auto& a = tree[0];
    auto& b = tree[1];
    tree.sync_all();
    a.faults().arm("stage.events", Faults::Action::pause);  // a has seen what waits at b, and does not go on
    b.faults().arm("stage.events", Faults::Action::pause);
    a.sql().exec("INSERT INTO item SELECT i, 'of a' FROM generate_series(1, 7) i");
    b.sql().exec("INSERT INTO item SELECT i, 'of b' FROM generate_series(101, 105) i");
    a.faults().wait_reached("stage.events");
    b.faults().wait_reached("stage.events");
    const auto report = neighbour_report(a, b);
    CHECK(report.at("to_receive").at("events") == 5);
    CHECK(report.at("to_receive").at("seconds").to_number<double>() > 0);
    CHECK(report.at("to_send").at("events") == 7);
    CHECK(report.at("to_send").at("seconds").to_number<double>() > 0);
    const auto text = a.ctl({"status"}).out;
    for (const char* const heading : {"TO RECEIVE", "LAG", "TO SEND", "WAITING"})
        CHECK_THAT(text, contains(heading));
    a.faults().clear();
    b.faults().clear();
    tree.sync_all();
}
