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
            {"present_key", conflict.present_key},
            {"image", conflict.image},
            {"assignments", conflict.assignments}};
}

Error already_restored(const Conflict& conflict, const std::string& when) {
    return Error("conflict " + conflict.id + " was restored already" + when + "; nothing was changed");
}

/// Writes the row that lost over the present one, or as a new one.
asio::awaitable<void> write_row(pg::Connection& connection, const Conflict& conflict,
                                const std::optional<std::string>& present) {
    const auto values = values_of(conflict);
    if (present && conflict.is_orphan()) {
        throw Error("conflict " + conflict.id + " has nothing to restore: table " +
                    qualified_name(conflict.schema, conflict.table) + " has such a row again");
    }
    if (present && conflict.assignments.empty()) co_return;  // nothing of the row can differ
    const auto statement = present ? sql::conflict_restore_update : sql::conflict_restore_insert;
    const auto result = co_await connection.query(render_sql(statement, values));
    if (result.affected() > 0) co_return;
    throw Error("the row of conflict " + conflict.id + " was not taken by table " +
                qualified_name(conflict.schema, conflict.table) +
                ": a trigger suppressed it, or somebody deleted it at this moment");
}

}  // namespace

asio::awaitable<Conflict> Conflict::read(pg::Connection& connection, std::string id) {
    const SqlValues values{{"id", id}};
    const auto row = co_await connection.query(render_sql(sql::conflict_facts, values));
    if (row.rows() == 0) throw Error("there is no conflict " + id + "; trompctl conflicts lists them");
    Conflict conflict;
    conflict.id = std::move(id);
    conflict.type = row.at(0, "type");
    conflict.schema = row.at(0, "schema_name");
    conflict.table = row.at(0, "table_name");
    conflict.key = row.at(0, "key");
    conflict.row = row.optional_at(0, "loser_row");
    conflict.restored_at = row.optional_at(0, "restored_at");
    conflict.key_columns = row.optional_at(0, "key_columns");
    conflict.key_object = row.at(0, "key_object");
    conflict.row_columns = row.at(0, "row_columns");
    conflict.image = row.optional_at(0, "image").value_or("");
    conflict.present_key = row.at(0, "present_key");
    conflict.key_fits = row.optional_at(0, "key_fits") == "t";
    conflict.assignments = row.at(0, "assignments");
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
    if (conflict.type == "update_exists" || conflict.type == "exclusion_violation") {
        throw Error("conflict " + conflict.id + " has nothing to restore: both rows are in the table; change one of " +
                    "them, or delete it");
    }
    if (conflict.is_orphan() && !conflict.row) {
        throw Error("conflict " + conflict.id + " cannot be restored here: the row " + conflict.key + " of table " +
                    table + " is not known at this node; restore it where the row that refers to it was written, or " +
                    "delete that one");
    }
    if (!conflict.key_columns) {
        throw Error("conflict " + conflict.id + " cannot be restored: table " + table +
                    " is not replicated any more; trompctl conflicts show " + conflict.id + " has what lost");
    }
    if (!conflict.key_fits) {
        throw Error("conflict " + conflict.id + " cannot be restored: table " + table +
                    " has another key since; trompctl conflicts show " + conflict.id + " has what lost");
    }
    const auto values = values_of(conflict);
    // The users' own triggers fire, and find their functions by the search_path that users have.
    co_await connection.query("BEGIN; SET LOCAL search_path TO DEFAULT");
    const auto marked = co_await connection.query(render_sql(sql::conflict_mark_restored, values));
    if (marked.affected() == 0) throw already_restored(conflict, "");
    try {
        const auto present = co_await present_row(connection, conflict);
        if (!conflict.row) {
            co_await connection.query(render_sql(sql::conflict_restore_delete, values));
        } else {
            co_await write_row(connection, conflict, present);
        }
        const auto release = render_sql(sql::conflict_release_objects, "schema", conflict.schema, "table",
                                        conflict.table, "present", present.value_or("{}"));
        co_await connection.query(release);
        co_await connection.query("COMMIT");
    } catch (const pg::SqlError& error) {
        throw pg::SqlError(error.sqlstate(),
                           "conflict " + conflict.id + " cannot be restored to table " + table + ": " + error.what());
    }
}

}  // namespace tromp::ctl
