#include "daemon/apply.hpp"

#include "daemon/table_sql.hpp"

#include <sql/embedded.hpp>

namespace tromp {
namespace {

/// SQL that fills in what the source's tables lack.
std::string complete(const SqlValues& table) {
    return table.at("completions").empty() ? "" : render_sql(sql::apply_complete, table);
}

/// All tables at once, each with a statement for deletes, one for updates, one for inserts.
pg::asio::awaitable<Merged> merge_sets(pg::Connection& target, const TablePairs& pairs, const Staged& staged,
                                       Manner manner) {
    const bool settles = manner == Manner::careful;
    std::string before;
    std::string inserts;
    for (const int id : staged.tables) {
        const auto values = table_sql(pairs.at(id));
        before += complete(values);
        before += render_sql(sql::apply_lost, values);
        before += render_sql(sql::apply_keep_parents, values);
        before += render_sql(sql::apply_delete, values);
        if (!values.at("assignments").empty()) before += render_sql(sql::apply_update, values);
        inserts += render_sql(settles ? sql::apply_insert_settle : sql::apply_insert, values);
    }
    const auto expected = co_await target.query(before + std::string(sql::apply_expected));
    if (expected.number(0, "inserts") == 0) co_return Merged::all;
    co_await target.send(std::move(inserts));
    const auto inserted = co_await target.finish();
    co_return !settles && inserted < expected.number(0, "inserts") ? Merged::short_ : Merged::all;
}

pg::asio::awaitable<void> merge_singly(pg::Connection& target, const TablePairs& pairs, const Staged& staged) {
    std::string lost;
    std::string merges;
    for (const int id : staged.tables) {
        const auto values = table_sql(pairs.at(id));
        lost += complete(values);
        lost += render_sql(sql::apply_lost, values);
        lost += render_sql(sql::apply_keep_parents, values);
        merges += render_sql(sql::held_apply, values);
    }
    co_await target.query(lost + merges);
}

/// SQL that notes what the constraints that are not checked here have to be asked about, and looks at the log and the
/// tables again.
std::string look_back(int source, const TablePairs& pairs, const Staged& staged) {
    std::string query;
    std::vector<const ReplicatedTable*> tables;
    for (const int id : staged.tables) {
        const auto& pair = pairs.at(id);
        auto values = table_sql(pair);
        values["source"] = std::to_string(source);
        query += render_sql(sql::apply_suspect, values);
        tables.push_back(&pair.target);
    }
    return query + render_sql(sql::apply_overtaken, as_agreed(tables));
}

}  // namespace

pg::asio::awaitable<Merged> merge(pg::Connection& target, int source, const TablePairs& pairs, const Staged& staged,
                                  Manner manner) {
    if (manner == Manner::singly) {
        co_await merge_singly(target, pairs, staged);
    } else {
        const auto merged = co_await merge_sets(target, pairs, staged, manner);
        if (merged != Merged::all) co_return merged;
    }
    const auto look_again = co_await target.query(look_back(source, pairs, staged));
    if (look_again.number(0, "changed") > 0)
        throw pg::ConnectionError("a table here was renamed or got other columns; it is looked at again");
    if (look_again.number(0, "overtaken") > 0) co_return Merged::overtaken;
    if (manner == Manner::quick) co_return Merged::all;
    const auto left = co_await target.query(std::string(sql::apply_again));
    co_return left.number(0, "unsettled") == 0 ? Merged::all : Merged::short_;
}

pg::asio::awaitable<std::int64_t> record_conflicts(pg::Connection& target, int source) {
    const auto result = co_await target.query(render_sql(sql::record_conflicts, "source", std::to_string(source)));
    co_return result.affected();
}

}  // namespace tromp
