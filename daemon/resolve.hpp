#pragma once

#include "common/connection.hpp"
#include "daemon/apply.hpp"
#include "daemon/differences.hpp"
#include "daemon/stage.hpp"

namespace tromp {

/// What a look found.
struct Seen {
    std::int64_t late =
        0;  ///< keys for which the log tells of changes, though there was no row to lock: lock_late_rows
    bool any_held = false;    ///< rows are held in this database
    bool any_shared = false;  ///< there are keys of which events may be in both sides: weigh_shared
};

/// Fills pg_temp.decision with the keys of the staged events, but for those that were taken ahead with an earlier
/// chunk, and with those that a TRUNCATE is to delete.
pg::asio::awaitable<void> begin_decisions(pg::Connection& target, int source, const TablePairs& pairs,
                                          const Staged& staged, const Terms& terms);

/// Keeps other batches away, and from the tables of this one all but readers, until it ends. Other batches at hand, and
/// who has written to one of the tables already, go first. Throws SqlError 55P03 when that takes him too long.
pg::asio::awaitable<void> come_first(pg::Connection& target, const TablePairs& pairs, const Staged& staged);

/// Locks the rows here of all keys that are not settled yet. Throws SqlError 55P03 when a user holds one for too long.
pg::asio::awaitable<void> lock_rows(pg::Connection& target, const TablePairs& pairs, const Staged& staged,
                                    Manner manner);

/// Looks at our own log, after the locks, and decides for each key: is it taken, is it a conflict (see
/// sql/queries/resolve_look.sql). `read_of_us` is what the source had read of our log at the instant of its batch.
pg::asio::awaitable<Seen> look(pg::Connection& target, int source, const Reading& read_of_us);

/// Decides once more about the keys of which events are in both sides; the rows are locked, and the log was looked at.
/// Returns how many of them stay as they are without a row here to lock, though something is logged of them: if any,
/// the look has to be one with other batches kept away.
pg::asio::awaitable<std::int64_t> weigh_shared(pg::Connection& target, int source, const TablePairs& pairs,
                                               const Staged& staged, const Reading& read_of_us);

/// Those of other neighbours, until this one ends. Throws SqlError 55P03 when one that is at hand takes too long.
pg::asio::awaitable<void> keep_batches_away(pg::Connection& target);

/// Locks the rows that a user inserted between the locks and the look. Returns how many there were: if any, a look at
/// our log is due again.
pg::asio::awaitable<std::int64_t> lock_late_rows(pg::Connection& target, const TablePairs& pairs, const Staged& staged);

}  // namespace tromp
