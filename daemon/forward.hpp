#pragma once

#include "common/connection.hpp"

namespace tromp {

/// Logs what was taken for the other neighbours; with no other neighbour, drops our own events of the keys taken
/// instead.
pg::asio::awaitable<void> forward(pg::Connection& target, int source, bool others);

}  // namespace tromp
