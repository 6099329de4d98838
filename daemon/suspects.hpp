#pragma once

#include "common/connection.hpp"

namespace tromp {

/// Looks again at what the merges of batches from `source` may have left without its parent, or twice: what still is
/// becomes a conflict, or its parent comes back. To be called in the transaction of a batch that has read all of the
/// source's log; before that, the rest of the backlog may still set it right.
pg::asio::awaitable<void> report_suspects(pg::Connection& target, int source);

}  // namespace tromp
