#include "daemon/held.hpp"

#include "daemon/objects.hpp"
#include "daemon/settle.hpp"
#include "daemon/suspects.hpp"
#include "daemon/table_sql.hpp"

#include <sql/embedded.hpp>

#include <algorithm>
#include <iterator>

namespace tromp {

bool is_refusal(std::string_view sqlstate) {
    constexpr std::string_view classes[] = {"22", "23", "44", "P0001"};
    return std::any_of(std::begin(classes), std::end(classes),
                       [&](std::string_view c) { return sqlstate.starts_with(c); });
}

pg::asio::awaitable<void> stage_held(pg::Connection& target, const TablePairs& pairs, const Staged& staged) {
    std::string query;
    for (const int id : staged.tables)
        query += render_sql(sql::held_stage, table_sql(pairs.at(id)));
    co_await target.query(std::move(query));
}

pg::asio::awaitable<void> keep_held(pg::Connection& target, int source, const TablePairs& pairs, const Staged& staged) {
    std::string query{sql::held_settle};
    for (const int id : staged.tables) {
        auto values = table_sql(pairs.at(id));
        values["source"] = std::to_string(source);
        query += render_sql(sql::held_keep, values);
    }
    co_await target.query(std::move(query));
}

namespace {

pg::asio::awaitable<std::int64_t> count_held(pg::Connection& database) {
    const auto row = co_await database.query(std::string(sql::held_count));
    co_return row.number(0, "held");
}

}  // namespace

pg::asio::awaitable<Retried> try_held_again(pg::Connection& database) {
    const auto before = co_await count_held(database);
    if (before == 0) co_return Retried{};
    constexpr int nobody = 0;  // it comes from no neighbour
    co_await database.query(std::string(sql::held_begin));
    co_await database.query("DISCARD TEMP;" + render_sql(sql::apply_session, "source", std::to_string(nobody)));
    const auto tables = co_await read_tables(database);
    const auto with_held = co_await database.query(std::string(sql::held_tables));
    TablePairs pairs;
    Staged staged;
    std::string stages;
    for (int row = 0; row < with_held.rows(); ++row) {
        const auto found = tables.find(static_cast<int>(with_held.number(row, "tbl")));
        if (found == tables.end() || !found->second.defect.empty()) continue;
        const TablePair pair(found->second, found->second);
        stages += render_sql(sql::stage_rows, table_sql(pair));
        pairs.emplace(found->first, pair);
        staged.tables.insert(found->first);
    }
    co_await database.query(std::move(stages));
    co_await settle(database, nobody, pairs, staged, Reading{}, Terms{}, Manner::singly);
    co_await release_objects(database, pairs, staged);
    co_await report_suspects(database, nobody);
    co_await database.query("COMMIT");
    const auto left = co_await count_held(database);
    Retried retried;
    retried.done = before - left;
    retried.left = left;
    co_return retried;
}

}  // namespace tromp
