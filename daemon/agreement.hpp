#pragma once

#include "common/connection.hpp"
#include "daemon/flow.hpp"

namespace tromp {

/// What both ends of a link must have in common before anything flows, where both are what they were: the version of
/// the schema, max_nodes, and tables that fit each other. Returns the tables; throws Error that says what differs and
/// what to do.
pg::asio::awaitable<TablePairs> agree(pg::Connection& source, pg::Connection& target, const Peer& from, int reader);

/// Throws Error where the schema `replication` of the database of `name` is not of this program's version: init has
/// upgraded it beside a daemon that runs.
void check_schema(int version, const std::string& name);

/// Can two nodes give the same number, where the one shares sequences among `max_nodes`, the other among `other_max`?
/// Not where one of these is a multiple of the other, as while a tree is widened, and both nodes had a share before.
bool shares_meet(int node, int max_nodes, int other_node, int other_max);

}  // namespace tromp
