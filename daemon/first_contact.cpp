#include "daemon/first_contact.hpp"

#include "common/span.hpp"
#include "common/sql_text.hpp"
#include "daemon/pull.hpp"
#include "daemon/stage.hpp"

#include <boost/json.hpp>
#include <sql/embedded.hpp>

#include <set>
#include <vector>

namespace tromp {
namespace {

namespace asio = boost::asio;

/// Rows and the sum of their hashes. Sums of parts add up, so rows can be taken out again by their keys.
struct Checksum {
    std::int64_t rows = 0;
    std::int64_t sum = 0;  ///< modulo 2^60, the width of a row's hash
    bool operator==(const Checksum&) const = default;

    Checksum operator-(const Checksum& other) const { return {rows - other.rows, wrap(sum - other.sum)}; }
    Checksum operator+(const Checksum& other) const { return {rows + other.rows, wrap(sum + other.sum)}; }
    static std::int64_t wrap(std::int64_t value) { return value & ((1LL << 60) - 1); }
};

Checksum read_checksum(const pg::Result& row) {
    return {row.number(0, "rows"), row.number(0, "sum")};
}

/// What each end has read of the other's log; nothing at the first contact itself.
struct Read {
    Reading of_source;
    Reading of_target;
};

SqlValues table_values(const Flow& flow, const TablePair& pair, const ReplicatedTable& table, const Reading& read) {
    const bool recoded = flow.source.encoding() != flow.target.encoding();
    return {
        {"tbl", std::to_string(table.id)},    {"table", table.quoted_name()},         {"known", ""},
        {"match", table.key_match("t", "e")}, {"match_d", table.key_match("t", "d")}, {"is_read", read.is_read("e")},
        {"hash", row_hash_sql(pair, recoded)}};
}

/// The source's rows with keys that are unread in the target's log, but not in its own.
asio::awaitable<Checksum> known_to_target(Flow& flow, const TablePair& pair, const Read& read) {
    constexpr int keys_at_once = 5000;
    auto& target = flow.target;
    auto values = table_values(flow, pair, pair.source, read.of_source);
    Checksum known;
    co_await target.query(render_sql(sql::first_contact_cursor, "tbl", std::to_string(pair.target.id), "is_read",
                                     read.of_target.is_read("e")));
    for (;;) {
        const auto keys = co_await target.query("FETCH " + std::to_string(keys_at_once) + " FROM log_keys");
        if (keys.rows() == 0) break;
        std::string array;
        for (int row = 0; row < keys.rows(); ++row) {
            array += row == 0 ? '[' : ',';
            array += keys.at(row, "entry");
        }
        values["keys"] = array + ']';
        const auto among = co_await flow.source.query(render_sql(sql::first_contact_among, values));
        known = known + read_checksum(among);
    }
    co_await target.query("CLOSE log_keys");
    co_return known;
}

asio::awaitable<bool> is_equal(Flow& flow, const TablePair& pair, const Read& read) {
    const auto at_source = co_await flow.source.query(
        render_sql(sql::first_contact_sum, table_values(flow, pair, pair.source, read.of_source)));
    const auto known = co_await known_to_target(flow, pair, read);
    auto values = table_values(flow, pair, pair.target, read.of_target);
    values["known"] =
        "AND NOT EXISTS (SELECT FROM pg_temp.their_ahead a WHERE a.tbl = " + std::to_string(pair.target.id) + " AND " +
        pair.target.key_match("t", "a") + ")";
    const auto here = co_await flow.target.query(render_sql(sql::first_contact_sum, values));
    co_return read_checksum(at_source) - known == read_checksum(here);
}

std::string what_to_do(const std::string& source) {
    return "; nothing is merged that nobody asked to merge: a join is needed, run trompctl join " + source;
}

}  // namespace

asio::awaitable<std::vector<Misfit>> first_contact(Flow& flow) {
    auto& target = flow.target;
    const auto source = std::to_string(flow.from.node);
    const auto state_query = render_sql(sql::first_contact_state, "source", source);
    const auto state = co_await target.query(state_query);
    const auto compared = boost::json::value_to<std::set<int>>(boost::json::parse(state.at(0, "compared")));
    const bool started = state.boolean(0, "started");
    std::vector<Misfit> misfits;
    std::vector<const TablePair*> pairs;
    for (const auto& entry : flow.pairs) {
        if (!compared.contains(entry.second.target.id)) pairs.push_back(&entry.second);
    }
    if (pairs.empty() && started) co_return misfits;

    // A pull of nothing: its header, and the snapshot in which the source is compared.
    PullRequest nothing;
    nothing.reader = flow.reader;
    Pull pull(flow.source, std::move(nothing));
    const auto header = co_await pull.begin(flow.from);
    if (header.paused) throw NotYet("the link is paused at " + flow.from.name);
    co_await target.query("BEGIN ISOLATION LEVEL REPEATABLE READ");
    co_await pull.drain();
    Read read;
    if (const auto position = state.optional_at(0, "position")) {
        read.of_source = {Snapshot::parse(*position), parse_held_tables(state.at(0, "held_tables"))};
        read.of_target = {header.read_of_us.value_or(Snapshot{}), header.held_of_us};
    }
    co_await flow.source.send(render_sql(sql::first_contact_keys, "is_read", read.of_source.is_read("e")));
    co_await stage_keys(pull, target, flow.pairs);
    co_await pull.drain();

    std::string different;
    std::vector<int> tables;
    for (const TablePair* const pair : pairs) {
        const bool equal = co_await is_equal(flow, *pair, read);
        const auto name = pair->target.display_name();
        if (equal) {
            tables.push_back(pair->target.id);
        } else if (started) {
            misfits.push_back(
                {pair->source.id, pair->source.schema, pair->source.name,
                 "table " + name + " holds different rows here and at " + flow.from.name + what_to_do(flow.from.name)});
        } else {
            different += (different.empty() ? "" : ", ") + name;
        }
    }
    co_await flow.source.query("COMMIT");
    if (!different.empty()) {
        co_await target.query("ROLLBACK");
        throw Error("the tables here and at " + flow.from.name + " hold different rows (" + different + ")" +
                    what_to_do(flow.from.name));
    }
    const auto start =
        render_sql(sql::first_contact_start, "source", source, "tables", array_text(tables), "system_identifier",
                   header.identity.system_identifier, "timeline", header.identity.timeline, "incarnation",
                   header.identity.incarnation, "mark", header.identity.mark);
    co_await target.query(start);
    co_return misfits;
}

}  // namespace tromp
