#pragma once

#include "common/config.hpp"
#include "common/connection.hpp"

namespace tromp {

/// Gives up the log for neighbours that have read nothing of it for too long, or for which too much of it waits: their
/// links begin anew, and when they are back the tables are compared (docs/resync.md). Call it now and then: that
/// something waits is noted by the first call, for how long by later ones.
pg::asio::awaitable<void> mark_stale(pg::Connection& database, const Limits& limits);

}  // namespace tromp
