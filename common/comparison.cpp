#include "common/comparison.hpp"

#include "common/ask_both.hpp"
#include "common/error.hpp"
#include "common/sql_text.hpp"

#include <sql/embedded.hpp>

#include <algorithm>
#include <bit>
#include <charconv>
#include <chrono>
#include <cmath>

namespace tromp {
namespace {

namespace asio = boost::asio;

constexpr std::int64_t first_span_rows = 5000;
/// So many rows of a bucket are fetched where one of them differs, if the table is one span.
constexpr std::int64_t rows_of_bucket = 200;
constexpr std::int64_t least_buckets = 64;
constexpr std::int64_t most_buckets = 65536;
/// Rows whose hashes are held in memory at a time, of each end; a single bucket may have more.
constexpr std::int64_t rows_at_once = 50'000;
constexpr std::size_t keys_at_once = 2000;

std::int64_t parse_number(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size())
        throw Error("'" + std::string(text) + "' is not a whole number");
    return number;
}

std::vector<ColumnOrder> read_orders(const pg::Result& rows) {
    std::vector<ColumnOrder> orders;
    for (int row = 0; row < rows.rows(); ++row) {
        orders.push_back({std::string(rows.at(row, "type")), rows.optional_at(row, "sorted"),
                          std::string(rows.at(row, "collation"))});
    }
    return orders;
}

/// PostgreSQL 13 and 14 do not tell the version of a database's own collation; but of the same library's others.
std::string database_version(const pg::Connection& connection) {
    constexpr int tells_it = 150000;
    if (connection.server_version() >= tells_it) return "pg_database_collation_actual_version(d.oid)";
    return "(SELECT max(pg_collation_actual_version(o.oid)) FROM pg_collation o WHERE o.collprovider = 'c')";
}

std::string order_question(const pg::Connection& connection, const ReplicatedTable& table) {
    return render_sql(sql::span_order, "key", array_text(table.key), "relation", table.relation, "database_version",
                      database_version(connection));
}

/// The columns b0, b1, … of the only row.
std::optional<Bound> read_bound(const pg::Result& row, std::size_t columns) {
    if (row.rows() == 0 || columns == 0) return std::nullopt;
    Bound bound;
    for (std::size_t i = 0; i < columns; ++i) {
        auto value = row.optional_at(0, "b" + std::to_string(i));
        if (!value) return std::nullopt;
        bound.push_back(std::move(*value));
    }
    return bound;
}

int power_of_two(std::int64_t number) {
    const auto bounded = static_cast<std::uint64_t>(std::clamp(number, least_buckets, most_buckets));
    return static_cast<int>(std::bit_ceil(bounded));
}

bool comes_first(const DifferentKey& one, const DifferentKey& other) {
    return one.nr && other.nr ? *one.nr < *other.nr : one.key < other.key;
}

std::vector<std::string> names_of(const std::vector<WalkColumn>& walk) {
    std::vector<std::string> names;
    for (const auto& column : walk)
        names.push_back(column.name);
    return names;
}

/// Reads a COPY line by line, no more of them than `most`: what a neighbour sends is not trusted.
asio::awaitable<std::int64_t> read_copy(pg::Connection& connection, std::size_t most,
                                        const std::function<void(std::string_view line)>& take) {
    const auto begun = co_await connection.next();
    if (!begun || begun->status() != PGRES_COPY_OUT) throw pg::ConnectionError("a COPY did not begin");
    std::int64_t bytes = 0;
    for (std::size_t lines = 0;; ++lines) {
        const auto line = co_await connection.copy_row();
        if (!line) break;
        if (lines >= most) throw Error("more rows came than there can be");
        bytes += static_cast<std::int64_t>(line->size());
        take(*line);
    }
    co_await connection.finish();
    co_return bytes;
}

}  // namespace

asio::awaitable<void> prepare_to_compare(pg::Connection& connection) {
    co_await connection.query(std::string(sql::span_session));
}

Comparison::Comparison(CompareEnd here, CompareEnd there, const TablePair& pair)
    : here_{here.connection, here.rows.empty() ? pair.target.quoted_name() + " t" : std::move(here.rows)},
      there_{there.connection, there.rows.empty() ? pair.source.quoted_name() + " t" : std::move(there.rows)},
      pair_(pair) {}

asio::awaitable<void> Comparison::begin(std::optional<Cursor> after) {
    const auto orders = co_await ask_both(here_.connection, order_question(here_.connection, pair_.target),
                                          there_.connection, order_question(there_.connection, pair_.source));
    for (const auto* const end : {&orders.first, &orders.second}) {
        if (end->rows() != static_cast<int>(pair_.target.key.size()))
            throw Error("table " + pair_.target.display_name() + " has lost a key column");
        estimate_ = std::max<std::int64_t>(estimate_, end->number(0, "estimate"));
    }
    recoded_ = here_.connection.encoding() != there_.connection.encoding();
    walk_ = walk_of(pair_.target.key, read_orders(orders.first), read_orders(orders.second));

    const auto hash = row_hash_sql(pair_, recoded_);
    for (auto* const side : {&here_, &there_}) {
        const auto key = key_sql(side == &here_ ? pair_.target : pair_.source, recoded_);
        side->sql = {{"rows", side->rows}, {"hash", hash},         {"nr", key.nr},
                     {"key", key.key},     {"bucket", key.bucket}, {"identity", key.identity}};
    }
    if (walk_.empty()) {
        buckets_ = power_of_two(estimate_ / rows_of_bucket);
        co_return;
    }
    span_rows_ = first_span_rows;
    if (after && after->columns == names_of(walk_)) {
        span_.up_to = std::move(after->bound);
        begun_ = true;
    }
    const auto bounds = co_await ask(sql::span_bound, span_);
    co_await choose_bound(read_bound(bounds.first, walk_.size()), read_bound(bounds.second, walk_.size()));
}

std::optional<Cursor> Comparison::cursor() const {
    if (!span_.up_to) return std::nullopt;
    return Cursor{names_of(walk_), *span_.up_to};
}

/// What a query about a span needs, and about the one behind it.
SqlValues Comparison::question(const Side& side, const Span& span) const {
    auto values = side.sql;
    values["span"] = span_sql(walk_, span);
    values["buckets"] = std::to_string(buckets_);
    if (!walk_.empty()) {
        const bool is_last = span.after && !span.up_to;
        values["next"] = next_bound_sql(walk_);
        values["order"] = order_sql(walk_);
        values["behind"] = is_last ? "false" : span_sql(walk_, {span.up_to, {}});
        values["skip"] = std::to_string(span_rows_ - 1);
    }
    return values;
}

asio::awaitable<std::pair<pg::Result, pg::Result>> Comparison::ask(std::string_view text, const Span& span) {
    auto here = render_sql(text, question(here_, span));
    auto there = render_sql(text, question(there_, span));
    compared_.bytes += static_cast<std::int64_t>(there.size());
    auto answers = co_await ask_both(here_.connection, std::move(here), there_.connection, std::move(there));
    compared_.bytes += size_of(answers.second);
    co_return answers;
}

/// The next span ends where the first of the two ends has as many rows as it should have. It must lead onward, in our
/// order at least; otherwise the rest of the table is one span.
asio::awaitable<void> Comparison::choose_bound(std::optional<Bound> here, std::optional<Bound> there) {
    end_ = here ? std::move(here) : there;
    if (!end_ || !there) co_return;
    const auto ours = bound_sql(walk_, *end_);
    const auto theirs = bound_sql(walk_, *there);
    const auto& last = span_.up_to;
    const auto after = last ? bound_sql(walk_, *last) : ours;
    const auto order =
        co_await here_.connection.query(render_sql(sql::span_lesser, "one", theirs, "other", ours, "after", after));
    if (order.boolean(0, "less")) end_ = std::move(there);
    if (last && !order.boolean(0, "onward")) end_.reset();
}

asio::awaitable<bool> Comparison::next(const DifferentKeys& found) {
    if (begun_ && !span_.up_to) co_return false;
    begun_ = true;
    span_ = {std::move(span_.up_to), std::move(end_)};
    end_.reset();
    ++compared_.spans;
    bool equal = false;
    if (!walk_.empty()) equal = co_await is_equal();
    if (!equal) co_await descend(found);
    co_return true;
}

/// Compares the sums of the span at hand, and finds out where the next one ends.
asio::awaitable<bool> Comparison::is_equal() {
    // As many sums of buckets as rows of each: that is the least to send where one row differs.
    buckets_ = power_of_two(std::llround(std::sqrt(static_cast<double>(span_rows_))));
    const auto begun = std::chrono::steady_clock::now();
    const auto sums = co_await ask(sql::span_sum, span_);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    span_rows_ = next_span_rows(span_rows_, took.count());
    const Sum here{sums.first.number(0, "rows"), sums.first.number(0, "sum")};
    const Sum there{sums.second.number(0, "rows"), sums.second.number(0, "sum")};
    compared_.rows_here += here.rows;
    compared_.rows_there += there.rows;
    if (span_.up_to) co_await choose_bound(read_bound(sums.first, walk_.size()), read_bound(sums.second, walk_.size()));
    co_return here == there;
}

asio::awaitable<Comparison::Buckets> Comparison::read_buckets(const Side& side, std::size_t most) {
    Buckets buckets;
    const auto bytes = co_await read_copy(side.connection, most, [&](std::string_view line) {
        const auto fields = copy_fields(line, 3);
        buckets[static_cast<int>(parse_number(fields[0].value_or("")))] = {parse_number(fields[1].value_or("")),
                                                                           parse_number(fields[2].value_or(""))};
    });
    if (&side == &there_) compared_.bytes += bytes;
    co_return buckets;
}

asio::awaitable<void> Comparison::descend(const DifferentKeys& found) {
    co_await here_.connection.send(render_sql(sql::span_buckets, question(here_, span_)));
    co_await there_.connection.send(render_sql(sql::span_buckets, question(there_, span_)));
    const auto most = static_cast<std::size_t>(buckets_);
    const auto here = co_await read_buckets(here_, most);
    const auto there = co_await read_buckets(there_, most);

    std::map<int, std::int64_t> different;  // with how many rows the fuller end has there
    for (const auto& [bucket, sum] : here) {
        const auto other = there.find(bucket);
        const Sum theirs = other == there.end() ? Sum{} : other->second;
        if (sum != theirs) different[bucket] = std::max(sum.rows, theirs.rows);
        if (walk_.empty()) compared_.rows_here += sum.rows;
    }
    for (const auto& [bucket, sum] : there) {
        if (!here.contains(bucket)) different[bucket] = sum.rows;
        if (walk_.empty()) compared_.rows_there += sum.rows;
    }
    std::vector<int> wanted;
    std::int64_t rows = 0;
    for (const auto& [bucket, count] : different) {
        if (!wanted.empty() && rows + count > rows_at_once) {
            co_await compare_rows(wanted, rows, found);
            wanted.clear();
            rows = 0;
        }
        wanted.push_back(bucket);
        rows += count;
    }
    if (!wanted.empty()) co_await compare_rows(wanted, rows, found);
}

asio::awaitable<void> Comparison::compare_rows(const std::vector<int>& buckets, std::int64_t expected,
                                               const DifferentKeys& found) {
    for (const auto* const side : {&here_, &there_}) {
        auto values = question(*side, span_);
        values["wanted"] = array_text(buckets);
        co_await side->connection.send(render_sql(sql::span_rows, values));
    }
    // Users may have added some since they were counted.
    const auto most = static_cast<std::size_t>(2 * expected + rows_at_once);
    std::map<std::string, DifferentKey, std::less<>> keys;
    constexpr std::size_t fields_of_row = 4;
    const auto key_of = [](std::vector<std::optional<std::string>>& fields) {
        DifferentKey key;
        if (fields[0]) key.nr = parse_number(*fields[0]);
        key.key = fields[0] ? "[" + *fields[0] + "]" : fields[1].value_or("");
        return key;
    };
    co_await read_copy(here_.connection, most, [&](std::string_view line) {
        auto fields = copy_fields(line, fields_of_row);
        auto key = key_of(fields);
        key.here = fields[3];
        keys.insert_or_assign(fields[2].value_or(key.key), std::move(key));
    });
    compared_.bytes += co_await read_copy(there_.connection, most, [&](std::string_view line) {
        auto fields = copy_fields(line, fields_of_row);
        auto key = key_of(fields);
        const auto known = keys.find(fields[2].value_or(key.key));
        if (known == keys.end()) {
            key.there = fields[3];
            keys.emplace(fields[2].value_or(key.key), std::move(key));
        } else if (known->second.here == fields[3]) {
            keys.erase(known);
        } else {
            known->second.there = fields[3];
        }
    });
    std::vector<DifferentKey> sorted;
    sorted.reserve(keys.size());
    for (auto& entry : keys)
        sorted.push_back(std::move(entry.second));
    keys.clear();
    std::sort(sorted.begin(), sorted.end(), comes_first);
    for (std::size_t at = 0; at < sorted.size(); at += keys_at_once) {
        const auto end = std::min(sorted.size(), at + keys_at_once);
        const auto from = std::make_move_iterator(sorted.begin() + static_cast<std::ptrdiff_t>(at));
        const auto to = std::make_move_iterator(sorted.begin() + static_cast<std::ptrdiff_t>(end));
        std::vector<DifferentKey> some(from, to);
        co_await found(std::move(some));
    }
}

}  // namespace tromp
