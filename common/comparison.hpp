#pragma once

#include "common/span.hpp"
#include "common/sql_text.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tromp {

/// A key of which the two ends have different rows.
struct DifferentKey {
    std::optional<std::int64_t> nr;    ///< as in replication.events, where the key is one integer column
    std::string key;                   ///< the key columns as a JSON array, always
    std::optional<std::string> here;   ///< hash of the row; nothing: it is missing
    std::optional<std::string> there;  ///< never equal to `here`

    /// What replication.events has for it beside `nr`: nothing where `nr` says it all.
    std::optional<std::string> logged_key() const { return nr ? std::nullopt : std::optional(key); }
};

/// Takes differing keys as they are found, at most some thousands at a time.
using DifferentKeys = std::function<pg::asio::awaitable<void>(std::vector<DifferentKey> keys)>;

/// What two tables hold, as far as they were compared. Rows of one span are counted at one instant of each end.
struct Compared {
    std::int64_t rows_here = 0;
    std::int64_t rows_there = 0;
    std::int64_t spans = 0;
    std::int64_t bytes = 0;  ///< of the questions to the other end and its answers, without their wrapping
};

/// Where the rows of one end come from.
struct CompareEnd {
    pg::Connection& connection;
    /// SQL to stand behind FROM that names its rows t, with the table's columns: `schema.table t` where it is empty.
    /// What hides rows, or puts others in their place, goes in here.
    std::string rows{};
};

/// For sessions that do nothing else, after an exception not even that: lets the planner take the key's index, the
/// server notice that we have gone, and no limit of time of the role's end a question.
pg::asio::awaitable<void> prepare_to_compare(pg::Connection& connection);

/// Compares a table at two ends, span by span of its keys: here is the pair's target, there its source. Only sums go to
/// and fro where the rows are equal; where they differ, the sums of parts of the span, then the hashes of the rows of
/// those parts. Both ends are asked at the same time. Memory is bounded whatever differs.
///
/// Every question is one statement. So outside of a transaction each sees its own instant, and rows that are on their
/// way are found too; in a transaction with one snapshot all see the same. The sessions need SELECT on the table, and
/// of the `replication` schema nothing.
///
/// A table is walked in an order that both ends have, so that the bounds of spans mean the same to both. Should they
/// not, keys are found that differ nowhere, or twice; no key that differs is left out. Who takes the keys looks at
/// their rows.
class Comparison {
  public:
    /// Precondition: `pair` outlives it.
    Comparison(CompareEnd here, CompareEnd there, const TablePair& pair);

    /// Begins behind `after`, where that is a bound of the walk as it is now. Finds out in which order both ends can
    /// walk the table. Throws SqlError, ConnectionError; so do all others here.
    pg::asio::awaitable<void> begin(std::optional<Cursor> after = {});

    /// How many rows the larger end thinks it has, without counting; for progress. 0 where nothing is known.
    std::int64_t estimate() const { return estimate_; }

    /// Compares the next span, and hands what differs in it to `found`. False when there is no further one.
    pg::asio::awaitable<bool> next(const DifferentKeys& found);

    /// Where the last span ended; nothing at the table's end.
    std::optional<Cursor> cursor() const;

    /// So far.
    const Compared& compared() const { return compared_; }

    /// By which columns it walks; empty: the whole table is one span.
    const std::vector<WalkColumn>& walk() const { return walk_; }

    /// The databases have different encodings.
    bool recoded() const { return recoded_; }

  private:
    /// Of rows: how many, and their hashes.
    struct Sum {
        std::int64_t rows = 0;
        std::int64_t sum = 0;
        bool operator==(const Sum&) const = default;
    };
    using Buckets = std::map<int, Sum>;
    struct Side {
        pg::Connection& connection;
        std::string rows;
        SqlValues sql{};  ///< that is the same for all spans
    };

    SqlValues question(const Side& side, const Span& span) const;
    pg::asio::awaitable<std::pair<pg::Result, pg::Result>> ask(std::string_view text, const Span& span);
    pg::asio::awaitable<void> choose_bound(std::optional<Bound> here, std::optional<Bound> there);
    pg::asio::awaitable<bool> is_equal();
    pg::asio::awaitable<void> descend(const DifferentKeys& found);
    pg::asio::awaitable<Buckets> read_buckets(const Side& side, std::size_t most);
    pg::asio::awaitable<void> compare_rows(const std::vector<int>& buckets, std::int64_t expected,
                                           const DifferentKeys& found);

    Side here_;
    Side there_;
    const TablePair& pair_;
    std::vector<WalkColumn> walk_;
    Span span_;                 ///< the one at hand
    std::optional<Bound> end_;  ///< of the next one
    int buckets_ = 0;           ///< of a span; a power of two
    std::int64_t span_rows_ = 0;
    std::int64_t estimate_ = 0;
    bool recoded_ = false;
    bool begun_ = false;
    Compared compared_;
};

}  // namespace tromp
