#pragma once

#include "common/comparison.hpp"
#include "common/report.hpp"
#include "daemon/batch.hpp"
#include "daemon/stage.hpp"

namespace tromp {

/// How far the ends have come with making their tables equal.
ComparingReport report_on(const StoredState& state, const BatchHeader& header);

/// On which terms the ends of a link meet while their tables are being made equal (docs/resync.md).
struct Terms {
    bool we_yield = false;    ///< the target is merely behind, and the source is not
    bool they_yield = false;  ///< the other way round
    int from = 0;             ///< Request::from
    int source = 0;
    /// SQL that is true of those rows `t` of the target that were not compared yet, for tables of which there may be
    /// such; by the source's ids.
    std::map<int, std::string> uncompared{};
};

Terms terms_of(const Flow& flow, const StoredState& state, const BatchHeader& header);

/// The table to go on with: one that is being made equal, fits, and does not wait. Null where there is none.
const TablePair* next_to_compare(const Flow& flow, const StoredState& state);

/// Of the spans of one table that a batch compares.
struct Differences {
    const TablePair* pair = nullptr;
    std::vector<DifferentKey> keys{};
    std::int64_t bytes = 0;  ///< of the rows that came for them
    std::string after{};     ///< a Cursor, as text; empty: the table is done
    std::int64_t rows = 0;   ///< that were compared
                             ///< of the table's rows
};

/// Compares spans for a while, behind what was compared so far, until there is enough to do for one batch. In the
/// source's snapshot, and in the target's open transaction.
pg::asio::awaitable<Differences> find_differences(Flow& flow, const TablePair& pair, const ComparedSoFar& so_far,
                                                  bool any_held_there);

/// Gives the keys that differ an event each, unless the source's log tells of them, so that they go the way of all
/// others.
pg::asio::awaitable<void> stage_differences(pg::Connection& target, const Differences& differences, Staged& staged);

/// Decides about them, after each look at our log; and what is kept of rows that are overwritten, though no two changes
/// meet.
pg::asio::awaitable<void> weigh_differences(pg::Connection& target, const TablePairs& pairs, const Staged& staged,
                                            const Terms& terms);

/// When all keys of the batch are settled: logs what stays. Returns for how many keys there was no row to lock; they
/// are to be looked at once more after the commit.
pg::asio::awaitable<std::int64_t> keep_differences(pg::Connection& target, int source);

/// Notes how far the table has come.
pg::asio::awaitable<void> advance_comparison(pg::Connection& target, int source, const Differences& differences);

/// Gives up the tables that are not replicated at both ends any more. Those that are, but do not fit, wait.
pg::asio::awaitable<void> drop_comparisons(Flow& flow);

}  // namespace tromp
