#include "daemon/apply.hpp"

#include "common/sql_text.hpp"

#include <sql/embedded.hpp>

namespace tromp {
namespace {

SqlValues merge_values(const TablePair& pair) {
    const auto& table = pair.target;
    std::string staged;
    std::string assignments;
    for (const auto& column : table.columns) {
        const auto name = quote_identifier(column.name);
        staged += (staged.empty() ? "r." : ", r.") + name;
        if (!column.fixed && !table.is_key(column.name))
            assignments += (assignments.empty() ? "" : ", ") + name + " = r." + name;
    }
    return {{"tbl", std::to_string(table.id)},
            {"table", table.quoted_name()},
            {"stage", stage_name(table)},
            {"keys", table.key_list("")},
            {"columns", pair.columns()},
            {"columns_staged", staged},
            {"assignments", assignments},
            {"match", table.key_match("t", "d")},
            {"match_here", table.key_match("t", "d")},
            {"match_staged", table.key_match("r", "d")},
            // A deferrable key cannot be the arbiter; its table is locked against inserts instead (lock_rows).
            {"on_conflict", table.deferrable_key ? "" : "ON CONFLICT (" + table.key_list("") + ") DO NOTHING"}};
}

}  // namespace

pg::asio::awaitable<Merged> merge(pg::Connection& target, const TablePairs& pairs, const Staged& staged, bool careful) {
    std::string before;
    std::string inserts;
    for (const int id : staged.tables) {
        const auto values = merge_values(pairs.at(id));
        before += render_sql(sql::apply_lost, values);
        before += render_sql(sql::apply_delete, values);
        if (!values.at("assignments").empty()) before += render_sql(sql::apply_update, values);
        inserts += render_sql(careful ? sql::apply_insert_settle : sql::apply_insert, values);
    }
    const auto expected = co_await target.query(before + std::string(sql::apply_expected));
    if (expected.number(0, "inserts") > 0) {
        co_await target.send(std::move(inserts));
        const auto inserted = co_await target.finish();
        if (!careful && inserted < expected.number(0, "inserts")) co_return Merged::short_;
    }
    const auto look_again = co_await target.query(std::string(sql::apply_overtaken));
    if (look_again.number(0, "overtaken") > 0) co_return Merged::overtaken;
    if (!careful) co_return Merged::all;
    const auto left = co_await target.query(std::string(sql::apply_again));
    co_return left.number(0, "unsettled") == 0 ? Merged::all : Merged::short_;
}

pg::asio::awaitable<std::int64_t> record_conflicts(pg::Connection& target, int source) {
    const auto result = co_await target.query(render_sql(sql::record_conflicts, "source", std::to_string(source)));
    co_return result.affected();
}

}  // namespace tromp
