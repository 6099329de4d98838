#pragma once

#include "common/connection.hpp"
#include "daemon/stage.hpp"

namespace tromp {

/// How a round of merging ended.
enum class Merged {
    all,       ///< every key is settled
    short_,    ///< a user inserted keys meanwhile that were absent when we looked: those must go round again
    overtaken  ///< something was logged for keys that we inserted since we looked: the round must be undone and
               ///< repeated
};

/// Remembers what loses, then deletes, updates and inserts what is taken. With `careful` false the round must be undone
/// and repeated when it comes out short; with `careful` true it has settled what it could, and the next round takes the
/// rest, so users who go on inserting cannot keep it from ending. Throws SqlError where a row cannot be applied, or a
/// lock was not had.
pg::asio::awaitable<Merged> merge(pg::Connection& target, const TablePairs& pairs, const Staged& staged, bool careful);

/// Writes what lost into replication.conflicts, when all is settled; returns how many.
pg::asio::awaitable<std::int64_t> record_conflicts(pg::Connection& target, int source);

}  // namespace tromp
