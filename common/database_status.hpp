#pragma once

#include <boost/asio/awaitable.hpp>

#include "common/config.hpp"
#include "common/connection.hpp"
#include "common/report.hpp"

namespace tromp {

/// All of a status that the node's own database tells by itself: what waits to be sent, conflicts, held rows, the log,
/// the last sync, what is paused. What only a running daemon knows stays empty: the state of links that are not paused,
/// what waits to be received, errors, retries, clock offsets. The tree has the neighbours only. Cheap enough for each
/// second. Neighbours of the database and of the file are listed; a `reason` says so where one of them lacks it.
/// Precondition: require_initialised() (common/install.hpp). Throws pg::SqlError, pg::ConnectionError.
boost::asio::awaitable<StatusReport> read_database_status(pg::Connection& connection, const Config& config);

}  // namespace tromp
