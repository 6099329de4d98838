#pragma once

#include "common/connection.hpp"
#include "daemon/flow.hpp"

namespace tromp {

/// Reads what the target's database knows of the direction from `source`. Throws Error where that is no neighbour.
pg::asio::awaitable<StoredState> read_link_state(pg::Connection& target, int source);

}  // namespace tromp
