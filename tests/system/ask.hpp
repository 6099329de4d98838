#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <string>

#include "tests/support/node.hpp"
#include "tests/support/tree.hpp"

namespace tromp::test {

/// The entry of `neighbour` in the status of `node`; fails the test when there is none.
boost::json::object neighbour_report(const Node& node, const Node& neighbour);

/// Its `last_error`; empty when there is none.
std::string last_error(const Node& node, const Node& neighbour);

/// Waits until `last_error` of the link of `node` to `neighbour` has `part` in it, and returns it.
std::string wait_error(const Node& node, const Node& neighbour, const std::string& part,
                       std::chrono::milliseconds deadline = std::chrono::seconds(20));

/// Waits until the daemon of `node` has said `part`.
void wait_said(const Node& node, const std::string& part,
               std::chrono::milliseconds deadline = std::chrono::seconds(20));

/// Waits until the query, one row of one column, gives `value` at `node`.
void wait_value(Node& node, const std::string& query, const std::string& value,
                std::chrono::milliseconds deadline = std::chrono::seconds(20));

/// Waits until the log of `node` holds at most one event for each of its neighbours.
void wait_log_short(Node& node, std::chrono::milliseconds deadline = std::chrono::seconds(10));

/// All links of `node`, at its end.
void pause(const Node& node);
void resume(const Node& node);

/// Once all is everywhere, no statement is left that could not be run, and no table waits.
void check_statements_run(Tree& tree);

/// Replaces the node's own database in its file, until that is written anew.
void set_own_database(const Node& node, const std::string& conninfo);

}  // namespace tromp::test
