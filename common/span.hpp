#pragma once

#include "common/replicated_table.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tromp {

/// Values of the columns by which a table is walked, as text.
using Bound = std::vector<std::string>;

/// A piece of a table: the rows whose keys come behind `after`, up to `up_to` and with it. Nothing: to that end.
struct Span {
    std::optional<Bound> after;
    std::optional<Bound> up_to;
};

/// How far a table was walked: up to this bound, by these columns.
struct Cursor {
    std::vector<std::string> columns;
    Bound bound;
    std::string text() const;  ///< as JSON
};

/// Throws Error where `text` is none.
Cursor parse_cursor(std::string_view text);

/// SQL that is true of the rows `t` of a table up to a cursor. Of one that another end made, and that does not fit the
/// table, nothing is.
std::string up_to_sql(const ReplicatedTable& table, const Cursor& cursor);

/// How one end sorts a key column; span_order.sql tells.
struct ColumnOrder {
    std::string type;                   ///< below domains
    std::optional<std::string> sorted;  ///< the order; nothing: it may be another one at any other end
    std::string collation;              ///< SQL to stand behind a value of the column at that end
};

/// A column by which both ends can walk a table, and cut it into spans.
struct WalkColumn {
    std::string name;
    std::string type;
    std::string collation;  ///< of the end that is asked which of two bounds comes first
    bool operator==(const WalkColumn&) const = default;
};

/// The leading key columns that both ends sort alike; empty where not even the first one is.
std::vector<WalkColumn> walk_of(const std::vector<std::string>& key, const std::vector<ColumnOrder>& here,
                                const std::vector<ColumnOrder>& there);

/// SQL that is true of the rows `t` of a span. By a comparison of rows, which the key's index serves.
std::string span_sql(const std::vector<WalkColumn>& walk, const Span& span);

/// SQL of a bound as a value to be compared with others.
std::string bound_sql(const std::vector<WalkColumn>& walk, const Bound& bound);

/// SQL of the columns of `t` to sort by; and of what makes a row's bound, b0, b1, ….
std::string order_sql(const std::vector<WalkColumn>& walk);
std::string next_bound_sql(const std::vector<WalkColumn>& walk);

/// SQL of the hash of a row `t` over the columns that both ends have: 60 bits, the same whatever the version of
/// PostgreSQL. A large object counts by its content. With `recoded` texts are taken as UTF-8, for ends whose databases
/// have different encodings.
std::string row_hash_sql(const TablePair& pair, bool recoded);

/// SQL of a row `t`'s key as replication.events has it: `nr` where it is one integer column, or else `key`, a JSON
/// array; the other one is null. And what is equal for equal keys: `identity`, or where that is null `nr` or `key`.
struct KeySql {
    std::string nr;
    std::string key;
    std::string identity;
    std::string bucket;  ///< 31 bits of a hash of it
};
KeySql key_sql(const ReplicatedTable& table, bool recoded);

/// How many rows the next span should have, after one of `rows` took so long; it is to take a fraction of a second.
std::int64_t next_span_rows(std::int64_t rows, double seconds);

/// The fields of a line of COPY … TO STDOUT, with its newline; nothing is null. Throws Error where there are not as
/// many.
std::vector<std::optional<std::string>> copy_fields(std::string_view line, std::size_t count);

}  // namespace tromp
