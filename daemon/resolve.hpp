#pragma once

#include "common/connection.hpp"
#include "daemon/apply.hpp"
#include "daemon/stage.hpp"

namespace tromp {

/// What a look found.
struct Seen {
    std::int64_t late =
        0;  ///< keys for which the log tells of changes, though there was no row to lock: lock_late_rows
    bool any_held = false;  ///< rows are held in this database
};

/// Fills pg_temp.decision with the keys of the staged events, but for those that were taken ahead with an earlier
/// chunk, and with those that a TRUNCATE is to delete.
pg::asio::awaitable<void> begin_decisions(pg::Connection& target, int source, const TablePairs& pairs,
                                          const Staged& staged);

/// Keeps other batches away, and from the tables of this one all but readers, until it ends. Other batches at hand, and
/// who has written to one of the tables already, go first. Throws SqlError 55P03 when that takes him too long.
pg::asio::awaitable<void> come_first(pg::Connection& target, const TablePairs& pairs, const Staged& staged);

/// Locks the rows here of all keys that are not settled yet. Throws SqlError 55P03 when a user holds one for too long.
pg::asio::awaitable<void> lock_rows(pg::Connection& target, const TablePairs& pairs, const Staged& staged,
                                    Manner manner);

/// Looks at our own log, after the locks, and decides for each key: is it taken, is it a conflict (see
/// sql/queries/resolve_look.sql). `read_of_us` is what the source had read of our log at the instant of its batch.
pg::asio::awaitable<Seen> look(pg::Connection& target, int source, const Reading& read_of_us);

/// Locks the rows that a user inserted between the locks and the look. Returns how many there were: if any, a look at
/// our log is due again.
pg::asio::awaitable<std::int64_t> lock_late_rows(pg::Connection& target, const TablePairs& pairs, const Staged& staged);

}  // namespace tromp
