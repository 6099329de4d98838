#pragma once

#include "daemon/apply.hpp"
#include "daemon/position.hpp"

namespace tromp {

/// Locks, looks and merges until every key of the batch is settled, giving way to users wherever they meet. Rows that
/// the database refuses are held, and the rows of these tables that were held are tried again. `read_of_us` as for
/// look(). Throws SqlError when users hold a row for longer than the transaction should last, and ObjectsOvertaken.
pg::asio::awaitable<void> settle(pg::Connection& target, int source, const TablePairs& pairs, const Staged& staged,
                                 const Reading& read_of_us, Manner manner);

}  // namespace tromp
