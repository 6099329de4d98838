#pragma once

#include "common/position.hpp"
#include "daemon/apply.hpp"
#include "daemon/differences.hpp"

namespace tromp {

/// Locks, looks and merges until every key of the batch is settled, giving way to users wherever they meet. Rows that
/// the database refuses are held, and the rows of these tables that were held are tried again. `read_of_us` as for
/// look(), `terms` as for weigh_differences(). Tells whether there were keys of which events may be in both sides.
/// Throws SqlError when users hold a row for longer than the transaction should last, and ObjectsOvertaken.
pg::asio::awaitable<bool> settle(pg::Connection& target, int source, const TablePairs& pairs, const Staged& staged,
                                 const Reading& read_of_us, const Terms& terms, Manner manner);

}  // namespace tromp
