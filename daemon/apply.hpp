#pragma once

#include "common/connection.hpp"
#include "daemon/stage.hpp"

namespace tromp {

/// How a round of merging ended.
enum class Merged {
    all,        ///< every key is settled
    short_,     ///< a user inserted keys meanwhile that were absent when we looked: those must go round again
    overtaken,  ///< something was logged for keys that we inserted since we looked: the round must be undone and
                ///< repeated
    held_left   ///< every key is settled, and rows that were held may be tried again now
};

enum class Manner {
    quick,    ///< a round that comes out short must be undone and repeated
    careful,  ///< the round has settled what it could, and the next one takes the rest, so users who go on inserting
              ///< cannot keep it from ending
    singly    ///< as careful, and rows that the database refuses are left out: decision.refused tells them
};

/// Remembers what loses, then deletes, updates and inserts what is taken, and notes in replication.suspects what may
/// break a constraint that is not checked here. Throws SqlError where a lock was not had, and, but for `singly`, where
/// a row is refused.
pg::asio::awaitable<Merged> merge(pg::Connection& target, int source, const TablePairs& pairs, const Staged& staged,
                                  Manner manner);

/// Writes what lost into replication.conflicts, when all is settled; returns how many.
pg::asio::awaitable<std::int64_t> record_conflicts(pg::Connection& target, int source);

}  // namespace tromp
