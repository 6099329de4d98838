#include "daemon/differences.hpp"

#include "common/request.hpp"
#include "common/sql_text.hpp"
#include "daemon/table_sql.hpp"

#include <boost/json.hpp>
#include <sql/embedded.hpp>

#include <algorithm>

namespace tromp {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

// A batch is to be short: users wait for its locks, and all of it is lost with the link.
constexpr auto enough_time = 500ms;
constexpr std::size_t enough_keys = 5000;

// Where a table cannot be cut into spans it is read as a whole before the first answer comes.
constexpr std::chrono::minutes patience_with_spans{10};

/// SQL for the rows of a table, the images of held ones in their places.
std::string rows_with_images(const ReplicatedTable& table, bool any_held) {
    if (!any_held) return "";
    std::string columns;
    std::string images;
    for (const auto& column : table.columns) {
        const auto name = quote_identifier(column.name);
        const auto text = "(h.row ->> " + quote_literal(column.name) + ")";
        columns += (columns.empty() ? "s." : ", s.") + name;
        images += (images.empty() ? "" : ", ") +
                  (column.local ? input_sql(column, text) : text + "::" + column.unlimited_type);
    }
    const auto held = "FROM replication.standing h WHERE h.tbl = " + std::to_string(table.id);
    return "(SELECT " + columns + " FROM " + table.quoted_name() + " s WHERE NOT EXISTS (SELECT " + held + " AND " +
           table.key_match("s", "h") + ") UNION ALL SELECT " + images + " " + held + ") t";
}

/// SQL that is true of the rows `t` that are not compared yet, as one end says.
std::string uncompared_sql(const ReplicatedTable& table, const ComparedSoFar& so_far) {
    if (so_far.after.empty()) return "true";
    return "NOT (" + up_to_sql(table, parse_cursor(so_far.after)) + ")";
}

/// As [[nr, key, is there a row at the source], …].
std::string keys_json(const std::vector<DifferentKey>& keys) {
    std::string text;
    for (const auto& key : keys) {
        text += text.empty() ? "[" : ",";
        text += "[" + (key.nr ? std::to_string(*key.nr) : "null") + "," + key.logged_key().value_or("null") +
                (key.there ? ",true]" : ",false]");
    }
    return text + "]";
}

/// SQL that is true where the rows `t` and `r`, or the held image of decision `d`, are alike.
std::string same_sql(const TablePair& pair) {
    std::string sql;
    for (const auto& column : pair.target.columns) {
        if (!pair.shares(column.name)) continue;
        if (column.large_object) return "false";  // the objects are what matters; they are compared by blocks
        const auto name = quote_identifier(column.name);
        sql += (sql.empty() ? "" : " AND ") +
               ("CASE WHEN d.image IS NULL THEN t." + name + "::text ELSE d.image ->> ") + quote_literal(column.name) +
               " END IS NOT DISTINCT FROM r." + name + "::text";
    }
    return sql;
}

const char* sql_bool(bool value) {
    return value ? "true" : "false";
}

}  // namespace

ComparingReport report_on(const StoredState& state, const BatchHeader& header) {
    ComparingReport report;
    for (const auto* const end : {&state.comparing, &header.comparing}) {
        for (const auto& entry : *end) {
            const auto& so_far = entry.second;
            if (!so_far.done) ++report.tables;
            report.rows += so_far.rows;
            report.expected += std::max(so_far.rows, so_far.expected);
            report.different += so_far.different;
            report.bytes += so_far.bytes;
        }
    }
    return report;
}

Terms terms_of(const Flow& flow, const StoredState& state, const BatchHeader& header) {
    Terms terms{state.yields && !header.yields, header.yields && !state.yields, 0, flow.from.node};
    if (!is_comparing(state.comparing) && !is_comparing(header.comparing)) return terms;
    for (const auto* const asked : {&state.asked, &header.asked}) {
        if (terms.from == 0 && !asked->empty()) terms.from = parse_request(*asked).from;
    }
    for (const auto& [id, pair] : flow.pairs) {
        const auto here = state.comparing.find(pair.target.id);
        const auto there = header.comparing.find(id);
        std::string sql;
        if (here != state.comparing.end() && !here->second.done) sql = uncompared_sql(pair.target, here->second);
        if (there != header.comparing.end() && !there->second.done)
            sql += (sql.empty() ? "" : " OR ") + uncompared_sql(pair.target, there->second);
        if (!sql.empty()) terms.uncompared.emplace(id, std::move(sql));
    }
    return terms;
}

const TablePair* next_to_compare(const Flow& flow, const StoredState& state) {
    for (const auto& [id, pair] : flow.pairs) {
        const auto so_far = state.comparing.find(pair.target.id);
        if (so_far != state.comparing.end() && !so_far->second.done && !state.held.contains(id)) return &pair;
    }
    return nullptr;
}

asio::awaitable<Differences> find_differences(Flow& flow, const TablePair& pair, const ComparedSoFar& so_far,
                                              bool any_held_there) {
    const auto began = pg::Clock::now();
    const auto held_here = co_await flow.target.query(render_sql(sql::held_any, "tbl", std::to_string(pair.target.id)));
    co_await flow.source.query(std::string(sql::compare_spans));
    co_await flow.target.query(std::string(sql::compare_spans));
    const auto limit = flow.source.silence_limit();
    flow.source.set_silence_limit(patience_with_spans);

    Differences differences{&pair};
    CompareEnd here{flow.target, rows_with_images(pair.target, held_here.boolean(0, "held"))};
    CompareEnd there{flow.source, rows_with_images(pair.source, any_held_there)};
    Comparison comparison(std::move(here), std::move(there), pair);
    std::optional<Cursor> after;
    if (!so_far.after.empty()) after = parse_cursor(so_far.after);
    co_await comparison.begin(std::move(after));
    const DifferentKeys take = [&differences](std::vector<DifferentKey> keys) -> asio::awaitable<void> {
        std::move(keys.begin(), keys.end(), std::back_inserter(differences.keys));
        co_return;
    };
    for (;;) {
        const bool more = co_await comparison.next(take);
        const auto cursor = comparison.cursor();
        differences.after = cursor ? cursor->text() : "";
        if (!more || !cursor) break;
        if (differences.keys.size() >= enough_keys || pg::Clock::now() - began > enough_time) break;
    }
    differences.rows = std::max(comparison.compared().rows_here, comparison.compared().rows_there);
    flow.source.set_silence_limit(limit);
    co_await flow.source.query(std::string(sql::compare_spans_end));
    co_await flow.target.query(std::string(sql::compare_spans_end));
    co_return differences;
}

asio::awaitable<void> stage_differences(pg::Connection& target, const Differences& differences, Staged& staged) {
    if (differences.keys.empty()) co_return;
    const auto& pair = *differences.pair;
    const auto keys = keys_json(differences.keys);
    staged.tables.insert(pair.source.id);
    staged.events += static_cast<std::int64_t>(differences.keys.size());
    co_await target.query(render_sql(sql::compare_stage, "tbl", std::to_string(pair.target.id), "keys", keys));
    staged.found.emplace(pair.source.id, keys);
}

asio::awaitable<void> weigh_differences(pg::Connection& target, const TablePairs& pairs, const Staged& staged,
                                        const Terms& terms) {
    std::string query;
    for (const int id : staged.tables) {
        const auto uncompared = terms.uncompared.find(id);
        if (uncompared == terms.uncompared.end()) continue;
        const auto& pair = pairs.at(id);
        auto values = table_sql(pair);
        values["same"] = same_sql(pair);
        values["uncompared"] = uncompared->second;
        const bool asked = terms.from != 0;
        values["theirs"] = sql_bool(asked ? terms.from == terms.source : terms.we_yield);
        values["ours"] = sql_bool(asked ? terms.from != terms.source : terms.they_yield);
        values["keep_ours"] = sql_bool(asked || !terms.we_yield);
        values["keep_theirs"] = sql_bool(asked || !terms.they_yield);
        query += render_sql(sql::compare_decide, values);
    }
    if (!query.empty()) co_await target.query(std::move(query));
}

asio::awaitable<std::int64_t> keep_differences(pg::Connection& target, int source) {
    const auto unlocked = co_await target.query(render_sql(sql::compare_keep, "source", std::to_string(source)));
    co_return unlocked.affected();
}

asio::awaitable<void> advance_comparison(pg::Connection& target, int source, const Differences& differences) {
    const auto node = std::to_string(source);
    const auto query =
        render_sql(sql::compare_advance, "source", node, "tbl", std::to_string(differences.pair->target.id), "after",
                   differences.after, "rows", std::to_string(differences.rows), "different",
                   std::to_string(differences.keys.size()), "bytes", std::to_string(differences.bytes)) +
        render_sql(sql::compare_finish, "source", node);
    co_await target.query(query);
}

asio::awaitable<void> drop_comparisons(Flow& flow) {
    std::vector<int> fitting;
    for (const auto& entry : flow.pairs)
        fitting.push_back(entry.second.target.id);
    const auto source = std::to_string(flow.from.node);
    const auto query = "BEGIN;" + render_sql(sql::compare_drop, "source", source, "tables", array_text(fitting)) +
                       render_sql(sql::compare_finish, "source", source) + "COMMIT";
    co_await flow.target.query(query);
}

}  // namespace tromp
