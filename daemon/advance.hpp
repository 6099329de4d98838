#pragma once

#include "common/connection.hpp"
#include "daemon/flow.hpp"

namespace tromp {

/// Moves the position and everything that goes with it, in the transaction of the batch. The other neighbours are woken
/// when it commits, and the source too: it reads the acknowledgement.
pg::asio::awaitable<void> advance(pg::Connection& target, int source, const Snapshot& position,
                                  const BatchHeader& header);

/// Keeps the acknowledgement of a pull that had nothing to apply. `known` is the one stored so far, in text form.
pg::asio::awaitable<bool> acknowledge(pg::Connection& target, int source, const std::string& known,
                                      const BatchHeader& header);

}  // namespace tromp
