#pragma once

#include "common/connection.hpp"
#include "common/sql_text.hpp"
#include "daemon/flow.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <vector>

namespace tromp {

/// What the reader asks the source for.
struct PullRequest {
    int reader = 0;
    Snapshot position;  ///< of the link; of the table, where the batch is about one that has been held
    Scope scope{};
    std::uint64_t chunk = 0;               ///< events; a chunk ends with a whole transaction, so it may be larger
    std::optional<std::int64_t> newest{};  ///< the highest version read; looks for events that were overlooked
};

/// A TRUNCATE, with its tag; it is weaker than any change of a row.
struct Truncate {
    int table = 0;  ///< the source's id
    std::int64_t version = 0;
    std::int64_t origin = 0;
    std::int64_t number = 0;
};

/// Where the lines of a COPY go: they are valid only during the call.
using LineSink = std::function<pg::asio::awaitable<void>(std::string_view line)>;

/// One read-only transaction on the source from which everything of a batch is read, in this order: begin, the COPY of
/// pull_ahead.sql, that of pull_events.sql, ask_rows, a COPY for each table asked for, what the large objects of their
/// rows need, end. That is two queries, whatever the number of tables, but for large objects. The reader needs only
/// SELECT.
class Pull {
  public:
    Pull(pg::Connection& source, PullRequest request) : source_(source), request_(std::move(request)) {}

    /// Throws Error where the source may not be read: a standby, another node than `expected`, one that does not know
    /// us.
    pg::asio::awaitable<BatchHeader> begin(const Peer& expected);

    /// Those of the chunk that the target does not know: of each table the strongest.
    const std::vector<Truncate>& truncates() const { return truncates_; }

    /// Hands the lines of the next COPY to `sink`.
    pg::asio::awaitable<void> copy(const LineSink& sink);

    /// Asks for the rows of these tables: a COPY for each, in this order, and one more behind it where rows are held at
    /// the source; then, where the table's id is in `truncated`, the two of pull_spared.sql. With `more` other
    /// questions follow before the end.
    /// `found`: keys beside those of the log, by table, as compare_more_keys.sql wants them.
    pg::asio::awaitable<void> ask_rows(const std::vector<const TablePair*>& tables, const std::set<int>& truncated,
                                       const std::map<int, std::string>& found, bool more);

    /// Asks for the COPY of pull_objects.sql. The numbers are separated by commas, here and below.
    pg::asio::awaitable<void> ask_objects(const std::string& objects);

    /// Asks for the COPY of pull_blocks.sql; `source` is the node.
    pg::asio::awaitable<void> ask_blocks(int source, const std::string& objects, const std::string& blocks);

    /// How many COPYs ask_rows brings for each table.
    int copies() const { return any_held_ ? 2 : 1; }

    /// Ends the transaction at the source. False: a table was rewritten or changed while it was read, and the batch is
    /// void.
    pg::asio::awaitable<bool> end();

    /// Ends a pull that had nothing to read.
    pg::asio::awaitable<void> end_empty();

    /// Events that wait beyond this chunk; only between the COPY of the events and ask_rows.
    pg::asio::awaitable<std::int64_t> backlog();

    /// Everything read is on the source's disk when this returns, so that a crash there cannot take it back.
    pg::asio::awaitable<void> ensure_durable(Lsn inserted);

    /// Throws away what the source still sends, so that it can be asked something else in the same transaction.
    pg::asio::awaitable<void> drain();

  private:
    SqlValues values() const;
    pg::asio::awaitable<void> lines(const LineSink& sink);

    pg::Connection& source_;
    PullRequest request_;
    std::vector<Truncate> truncates_;
    Lsn flushed_ = 0;
    bool any_held_ = false;
    std::string end_query_;  ///< not sent yet
};

}  // namespace tromp
