#pragma once

#include "common/connection.hpp"
#include "daemon/stage.hpp"

namespace tromp {

/// The database refuses this row: a constraint, a value out of range, an exception (PostgreSQL's manual, appendix A:
/// classes 22, 23 and 44, and P0001). It is held, and stops nothing else.
bool is_refusal(std::string_view sqlstate);

/// Lets the held rows of the staged tables join the batch, where it does not decide their keys itself.
pg::asio::awaitable<void> stage_held(pg::Connection& target, const TablePairs& pairs, const Staged& staged);

/// When all is settled: keeps what was refused, with its image, and lets go what is a row now or was superseded.
pg::asio::awaitable<void> keep_held(pg::Connection& target, int source, const TablePairs& pairs, const Staged& staged);

struct Retried {
    std::int64_t done = 0;  ///< rows that are held no more
    std::int64_t left = 0;
    /// It helped, so that what is left may fit now.
    bool again() const { return done > 0 && left > 0; }
};

/// Tries rows again that are held in this database, in a transaction of its own; those that were tried least, for there
/// may be many. `database` is a session for nothing else.
pg::asio::awaitable<Retried> try_held_again(pg::Connection& database);

}  // namespace tromp
