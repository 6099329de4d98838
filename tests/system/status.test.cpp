#include <boost/json.hpp>
#include <set>

#include "tests/support/catch.hpp"
#include "tests/support/tree.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/ask.hpp"
#include "tests/system/items.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

namespace {

std::set<std::string> keys(const boost::json::value& value) {
    std::set<std::string> result;
    for (const auto& member : value.as_object())
        result.emplace(member.key());
    return result;
}

using Names = std::set<std::string>;

bool has_all(const std::set<std::string>& all, const Names& names) {
    for (const auto& name : names) {
        UNSCOPED_INFO("looking for " << name);
        if (!all.contains(name)) return false;
    }
    return true;
}

bool is_time(const boost::json::value& value) {
    // 2026-11-23T02:00:00Z
    return value.is_string() && value.as_string().size() == 20 && value.as_string()[10] == 'T' &&
           value.as_string().ends_with("Z");
}

void check_shape(const boost::json::value& report) {
    INFO(report);
    CHECK(has_all(keys(report), {"node", "neighbours", "log", "tree", "safe_to_go_offline"}));
    CHECK(has_all(keys(report.at("node")), {"number", "name", "daemon", "version"}));
    CHECK(has_all(keys(report.at("log")), {"events", "bytes"}));
    CHECK(report.at("safe_to_go_offline").is_bool());
    REQUIRE(report.at("neighbours").as_array().size() == 1);
    const auto& neighbour = report.at("neighbours").at(0);
    CHECK(has_all(keys(neighbour), {"node", "name", "state", "to_receive", "to_send", "last_sync", "last_error",
                                    "retry_in_seconds", "clock_offset_seconds", "conflicts", "held_rows"}));
    for (const char* const way : {"to_receive", "to_send"})
        CHECK(keys(neighbour.at(way)) == Names{"events", "seconds"});
    CHECK(report.at("node").at("number").is_int64());
    CHECK(report.at("log").at("events").is_int64());
    CHECK(report.at("log").at("bytes").is_int64());
    CHECK(neighbour.at("conflicts").is_int64());
    CHECK(neighbour.at("held_rows").is_int64());
    CHECK(is_time(neighbour.at("last_sync")));
    REQUIRE(report.at("tree").as_array().size() == 1);
    CHECK(has_all(keys(report.at("tree").at(0)), {"node", "name", "via", "hops", "fresh_as_of"}));
}

}  // namespace

TEST_CASE("status as JSON has the promised shape and figures with the daemon running and stopped") {
    auto tree = Tree::chain(2, with_items());
    auto& a = tree[0];
    auto& b = tree[1];
    a.sql().exec("INSERT INTO item VALUES (1, 'one')");
    b.sql().exec("INSERT INTO item VALUES (2, 'two')");
    tree.sync_all();
    b.wait_state(a, "streaming");
    const auto running = b.status();
    check_shape(running);
    CHECK(running.at("node").at("number") == 2);
    CHECK(running.at("node").at("name") == "b");
    CHECK(running.at("node").at("daemon") == "running");
    const auto& neighbour = running.at("neighbours").at(0);
    CHECK(neighbour.at("node") == 1);
    CHECK(neighbour.at("name") == "a");
    CHECK(neighbour.at("to_receive").at("events") == 0);
    CHECK(neighbour.at("to_receive").at("seconds").to_number<double>() == 0);
    CHECK(neighbour.at("to_send").at("events") == 0);
    CHECK(neighbour.at("to_send").at("seconds").to_number<double>() == 0);
    CHECK(neighbour.at("last_error").is_null());
    CHECK(neighbour.at("retry_in_seconds").is_null());
    CHECK(std::abs(neighbour.at("clock_offset_seconds").to_number<double>()) < 1);
    CHECK(running.at("safe_to_go_offline") == true);

    b.stop();
    a.sql().exec("INSERT INTO item VALUES (3, 'three')");
    const auto stopped = b.status();
    check_shape(stopped);
    CHECK(keys(stopped) == keys(running));
    CHECK(keys(stopped.at("neighbours").at(0)) == keys(neighbour));
    CHECK(stopped.at("node").at("daemon") == "stopped");
    // Nobody asks a now: what waits there is not known, and nothing is passed off as such.
    CHECK(stopped.at("neighbours").at(0).at("to_receive").at("events").is_null());
    CHECK(stopped.at("neighbours").at(0).at("to_receive").at("seconds").is_null());
    CHECK(stopped.at("neighbours").at(0).at("clock_offset_seconds").is_null());
    CHECK(stopped.at("neighbours").at(0).at("to_send").at("events") == 0);
    b.sql().exec("INSERT INTO item VALUES (4, 'four')");
    const auto line = b.ctl({"status"});
    CHECK(line.exit_code == 0);
    CHECK_THAT(line.out, contains("not running") || contains("stopped"));
}

TEST_CASE("while a neighbour is away what it holds is not known and what waits for it is counted") {
    auto options = with_items();
    options.proxied = true;
    auto tree = Tree::chain(2, options);
    auto& a = tree[0];
    auto& b = tree[1];
    tree.sync_all();
    a.wait_state(b, "streaming");
    tree.cut(0, 1);
    a.sql().exec("INSERT INTO item SELECT i, 'waits' FROM generate_series(1, 25) i");
    a.wait_state(b, "backing_off");
    auto report = a.status();
    check_shape(report);
    auto neighbour = report.at("neighbours").at(0);
    CHECK(neighbour.at("to_receive").at("events").is_null());
    CHECK(neighbour.at("to_receive").at("seconds").is_null());
    CHECK(neighbour.at("clock_offset_seconds").is_null());
    CHECK(neighbour.at("to_send").at("events") == 25);
    CHECK(neighbour.at("to_send").at("seconds").to_number<double>() > 0);
    CHECK(neighbour.at("last_error").is_string());
    CHECK(report.at("safe_to_go_offline") == false);
    CHECK(a.ctl({"sync", "--wait", "--timeout", "1s"}).exit_code == 1);
    CHECK(a.ctl({"sync", "b", "--wait", "--timeout", "1s"}).exit_code == 1);

    // The same without the daemon.
    a.stop();
    report = a.status();
    check_shape(report);
    CHECK(report.at("neighbours").at(0).at("to_send").at("events") == 25);
    CHECK(report.at("safe_to_go_offline") == false);
    a.start();

    tree.heal(0, 1);
    tree.sync_all();
    report = a.status();
    neighbour = report.at("neighbours").at(0);
    CHECK(neighbour.at("to_receive").at("events") == 0);
    CHECK(neighbour.at("to_send").at("events") == 0);
    CHECK(neighbour.at("last_error").is_null());
    CHECK(report.at("safe_to_go_offline") == true);
    tree.check_equal({"item"});
}

TEST_CASE("sync does not say yes before what was committed at both ends before the call has arrived") {
    auto tree = Tree::chain(2, with_items());
    auto& a = tree[0];
    auto& b = tree[1];
    tree.sync_all();
    // Held in the middle of its batch, b has neither read nor acknowledged.
    b.faults().arm("apply.before_commit", Faults::Action::pause);
    a.sql().exec("INSERT INTO item VALUES (1, 'one')");
    b.faults().wait_reached("apply.before_commit");
    CHECK(a.ctl({"sync", "--wait", "--timeout", "2s"}).exit_code == 1);
    CHECK(b.ctl({"sync", "--wait", "--timeout", "2s"}).exit_code == 1);
    CHECK(a.status().at("safe_to_go_offline") == false);
    b.faults().release("apply.before_commit");
    REQUIRE(a.sync().exit_code == 0);
    CHECK(b.sql().number("SELECT count(*) FROM item") == 1);
    CHECK(a.status().at("safe_to_go_offline") == true);
}
