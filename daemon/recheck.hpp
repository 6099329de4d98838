#pragma once

#include "common/connection.hpp"
#include "daemon/flow.hpp"

namespace tromp {

/// In the transaction of a batch: notes the deletes that were taken for keys without a row to lock. Returns how many.
pg::asio::awaitable<std::int64_t> note_unlocked(pg::Connection& target, int source);

/// After that transaction has committed, and before the next one: sees to changes of those keys that were committed
/// while it was (sql/queries/recheck_log.sql). A transaction of its own; what a crash leaves undone is done at the next
/// start of the link.
pg::asio::awaitable<void> recheck_unlocked(pg::Connection& target, int source);

}  // namespace tromp
