#pragma once

#include "common/connection.hpp"
#include "daemon/flow.hpp"
#include "daemon/pull.hpp"
#include "daemon/table_sql.hpp"

#include <map>
#include <set>

namespace tromp {

/// What a batch brought into the target's temporary tables.
struct Staged {
    std::set<int> tables;                ///< the source's ids of the tables with events
    std::set<int> truncated;             ///< of these, the ones with a TRUNCATE
    std::map<int, std::string> found{};  ///< keys that a comparison found, by these: as for Pull::ask_rows
    std::int64_t events = 0;             ///< steps of sides
    std::int64_t rows = 0;
    std::int64_t bytes = 0;  ///< of these
};

/// Streams the events of a pull into the target's open transaction. The source's table numbers become the target's.
/// Throws Error where the source names a table that it does not have.
pg::asio::awaitable<Staged> stage_events(Pull& pull, pg::Connection& target, const TablePairs& pairs);

/// Puts the TRUNCATEs of a pull into the target's open transaction. Throws as stage_events.
pg::asio::awaitable<void> stage_truncates(pg::Connection& target, const TablePairs& pairs,
                                          const std::vector<Truncate>& truncates, Staged& staged);

/// Streams the keys of a pull's next COPY, in the form of pull_ahead.sql, into pg_temp.their_ahead.
pg::asio::awaitable<void> stage_keys(Pull& pull, pg::Connection& target, const TablePairs& pairs);

/// Streams the rows of the staged events' tables, and what TRUNCATEs must spare. `more` as for Pull::ask_rows.
pg::asio::awaitable<void> stage_rows(Pull& pull, pg::Connection& target, const TablePairs& pairs, Staged& staged,
                                     int source, bool more);

/// To be called after a batch's commit with the tables that have a stage in the target's session, to which those of the
/// batch are added. Every commit empties all stages of the session, those of other batches too, so it must not have
/// many: then it drops all of them.
pg::asio::awaitable<void> limit_stages(pg::Connection& target, int source, const Staged& staged, std::set<int>& stages);

}  // namespace tromp
