#pragma once

#include "common/connection.hpp"
#include "daemon/flow.hpp"

namespace tromp {

/// Moves the position and everything that goes with it, in the transaction of the batch. The other neighbours are woken
/// when it commits, and the source too: it reads the acknowledgement. True: the source had read more of our log, or
/// compared more of our tables, than `known`.
pg::asio::awaitable<bool> advance(pg::Connection& target, int source, const Snapshot& position,
                                  const StoredState& known, const BatchHeader& header);

/// Keeps the acknowledgement of a pull that had nothing to apply; returns as advance().
pg::asio::awaitable<bool> acknowledge(pg::Connection& target, int source, const StoredState& known,
                                      const BatchHeader& header);

/// Keeps the source's mark of such a pull. `known` is the one stored so far.
pg::asio::awaitable<void> keep_mark(pg::Connection& target, int source, const std::string& known,
                                    const BatchHeader& header);

}  // namespace tromp
