#pragma once

#include "common/connection.hpp"
#include "daemon/flow.hpp"

namespace tromp {

/// What both ends of a link must have in common before anything flows, where both are what they were: the version of
/// the schema, max_nodes, and tables that fit each other. Returns the tables; throws Error that says what differs and
/// what to do.
pg::asio::awaitable<TablePairs> agree(pg::Connection& source, pg::Connection& target, const std::string& source_name);

}  // namespace tromp
