#include "tests/system/ask.hpp"

#include <boost/json.hpp>

#include "tests/support/catch.hpp"
#include "tests/support/wait_until.hpp"

namespace tromp::test {

boost::json::object neighbour_report(const Node& node, const Node& neighbour) {
    const auto report = node.status();
    for (const auto& entry : report.at("neighbours").as_array()) {
        if (entry.at("node").to_number<int>() == neighbour.number()) return entry.as_object();
    }
    FAIL(neighbour.name() << " is not in the status of " << node.name());
    return {};
}

std::string last_error(const Node& node, const Node& neighbour) {
    const auto report = neighbour_report(node, neighbour);
    const auto& error = report.at("last_error");
    return error.is_null() ? "" : std::string(error.as_string());
}

std::string wait_error(const Node& node, const Node& neighbour, const std::string& part,
                       std::chrono::milliseconds deadline) {
    std::string last;
    wait_until(
        deadline, "last_error of " + node.name() + " about " + neighbour.name() + " has '" + part + "'",
        [&] { return (last = last_error(node, neighbour)).find(part) != std::string::npos; },
        [&] { return "it is '" + last + "'\n" + tail(node.log(), 20); });
    return last;
}

void wait_said(const Node& node, const std::string& part, std::chrono::milliseconds deadline) {
    wait_until(
        deadline, "trompd of " + node.name() + " says '" + part + "'",
        [&] { return node.log().find(part) != std::string::npos; }, [&] { return tail(node.log(), 20); });
}

void wait_value(Node& node, const std::string& query, const std::string& value, std::chrono::milliseconds deadline) {
    std::string last;
    wait_until(
        deadline, query + " at " + node.name() + " gives " + value,
        [&] { return (last = node.sql().value(query)) == value; },
        [&] { return "it gives " + last + "\n" + tail(node.log(), 20); });
}

void wait_log_short(Node& node, std::chrono::milliseconds deadline) {
    const auto neighbours = node.sql().number("SELECT count(*) FROM replication.nodes WHERE NOT is_self");
    long long events = 0;
    wait_until(
        deadline, "the log of " + node.name() + " holds at most " + std::to_string(neighbours) + " events",
        [&] { return (events = node.sql().number("SELECT count(*) FROM replication.log")) <= neighbours; },
        [&] { return "it holds " + std::to_string(events) + "\n" + tail(node.log(), 20); });
}

void pause(const Node& node) {
    REQUIRE(node.ctl({"pause"}).exit_code == 0);
}

void resume(const Node& node) {
    REQUIRE(node.ctl({"resume"}).exit_code == 0);
}

void check_statements_run(Tree& tree) {
    for (const auto& node : tree.nodes()) {
        INFO(node->name() << "\n" << tail(node->log(), 30));
        CHECK(node->sql().value(
                  "SELECT coalesce(string_agg(statement || ': ' || error, '; '), '') FROM replication.statements"
                  " WHERE state <> 'done'") == "");
        wait_value(*node, "SELECT count(*) FROM replication.held_tables", "0");
    }
}

void set_own_database(const Node& node, const std::string& conninfo) {
    auto config = read_file(node.config());
    const auto at = config.find("database: ");
    config.replace(at, config.find('\n', at) - at, "database: \"" + conninfo + "\"");
    write_file(node.config(), config);
}

}  // namespace tromp::test
