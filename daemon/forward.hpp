#pragma once

#include "common/connection.hpp"

namespace tromp {

/// Logs what was taken for the other neighbours; with no other neighbour, drops our own events of the keys taken
/// instead.
pg::asio::awaitable<void> forward(pg::Connection& target, int source, bool others);

/// Logs, where events were in both sides of a key, what the source has to hear of it. Returns how many keys have to be
/// looked at again after the commit, as those of note_unlocked().
pg::asio::awaitable<std::int64_t> forward_shared(pg::Connection& target, int source);

}  // namespace tromp
