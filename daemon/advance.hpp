#pragma once

#include "common/connection.hpp"
#include "daemon/flow.hpp"

namespace tromp {

/// How far a batch gets.
struct Advance {
    Snapshot position;   ///< of the link
    Snapshot read;       ///< of the batch's tables: the same, unless it was about one that has been held
    std::string tables;  ///< SQL to follow a condition, for rows of replication.ahead, alias a: only the batch's tables
};

/// Moves the position and everything that goes with it, in the transaction of the batch. The other neighbours are woken
/// when it commits, and the source too: it reads the acknowledgement. True: the source had read more of our log,
/// or compared more of our tables, than was known by `state`.
pg::asio::awaitable<bool> advance(pg::Connection& target, int source, const Advance& step, const StoredState& state,
                                  const BatchHeader& header);

/// The position of a table of the source, its number, that has been held: `read`; `done`: it has caught up.
pg::asio::awaitable<void> advance_held(pg::Connection& target, int source, int table, const Snapshot& read, bool done);

/// Keeps the acknowledgement of a pull that had nothing to apply; returns as advance().
pg::asio::awaitable<bool> acknowledge(pg::Connection& target, int source, const StoredState& state,
                                      const BatchHeader& header);

/// Keeps the source's mark of such a pull. `known` is the one stored so far.
pg::asio::awaitable<void> keep_mark(pg::Connection& target, int source, const std::string& known,
                                    const BatchHeader& header);

}  // namespace tromp
