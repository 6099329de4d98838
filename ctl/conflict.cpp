#include "ctl/conflict.hpp"

#include <sql/embedded.hpp>

#include "common/sql_text.hpp"
#include "common/table_pattern.hpp"

namespace tromp::ctl {
namespace {

namespace asio = boost::asio;

SqlValues values_of(const Conflict& conflict) {
    return {{"id", conflict.id},
            {"schema", conflict.schema},
            {"table", conflict.table},
            {"key", conflict.key_object},
            {"key_columns", conflict.key_columns.value_or("")},
            {"row", conflict.row.value_or("")},
            {"row_columns", conflict.row_columns},
            {"on_conflict", conflict.on_conflict}};
}

Error already_restored(const Conflict& conflict, const std::string& when) {
    return Error("conflict " + conflict.id + " was restored already" + when + "; nothing was changed");
}

}  // namespace

asio::awaitable<Conflict> Conflict::read(pg::Connection& connection, std::string id) {
    const SqlValues values{{"id", id}};
    const auto row = co_await connection.query(render_sql(sql::conflict_facts, values));
    if (row.rows() == 0) throw Error("there is no conflict " + id + "; trompctl conflicts lists them");
    Conflict conflict;
    conflict.id = std::move(id);
    conflict.schema = row.at(0, "schema_name");
    conflict.table = row.at(0, "table_name");
    conflict.key = row.at(0, "key");
    conflict.row = row.optional_at(0, "loser_row");
    conflict.restored_at = row.optional_at(0, "restored_at");
    conflict.key_columns = row.optional_at(0, "key_columns");
    conflict.key_object = row.at(0, "key_object");
    conflict.row_columns = row.at(0, "row_columns");
    conflict.on_conflict = row.at(0, "on_conflict");
    co_return conflict;
}

asio::awaitable<std::optional<std::string>> present_row(pg::Connection& connection, const Conflict& conflict) {
    if (!conflict.key_columns) co_return std::nullopt;
    const auto row = co_await connection.query(render_sql(sql::conflict_present_row, values_of(conflict)));
    if (row.rows() == 0) co_return std::nullopt;
    co_return std::string(row.at(0, "row"));
}

asio::awaitable<void> restore_conflict(pg::Connection& connection, const Conflict& conflict) {
    const auto table = qualified_name(conflict.schema, conflict.table);
    if (conflict.restored_at) throw already_restored(conflict, " at " + *conflict.restored_at + " UTC");
    if (!conflict.key_columns) {
        throw Error("conflict " + conflict.id + " cannot be restored: table " + table +
                    " is not replicated any more; trompctl conflicts show " + conflict.id + " has what lost");
    }
    const auto values = values_of(conflict);
    // The users' own triggers fire, and find their functions by the search_path that users have.
    co_await connection.query("BEGIN; SET LOCAL search_path TO DEFAULT");
    const auto marked = co_await connection.query(render_sql(sql::conflict_mark_restored, values));
    if (marked.affected() == 0) throw already_restored(conflict, "");
    const bool may_be_there = !conflict.row || conflict.on_conflict == "DO NOTHING";
    try {
        const auto statement = conflict.row ? sql::conflict_restore_row : sql::conflict_restore_delete;
        const auto result = co_await connection.query(render_sql(statement, values));
        if (result.affected() == 0 && !may_be_there) throw Error("a trigger of table " + table + " suppressed the row");
        co_await connection.query("COMMIT");
    } catch (const pg::SqlError& error) {
        throw pg::SqlError(error.sqlstate(),
                           "conflict " + conflict.id + " cannot be restored to table " + table + ": " + error.what());
    }
}

}  // namespace tromp::ctl
