#include <ostream>

#include <sql/embedded.hpp>

#include "common/sql_text.hpp"
#include "common/table_pattern.hpp"
#include "common/units.hpp"
#include "ctl/command.hpp"
#include "ctl/conflict.hpp"
#include "ctl/conflict_filter.hpp"
#include "ctl/rows.hpp"

namespace tromp::ctl {
namespace {

asio::awaitable<Exit> list(Context& context) {
    const ConflictFilter filter(context.arguments);
    context.arguments.finish();
    const auto connection = co_await open_initialised(context);
    const auto values = co_await filter.values(*connection);
    const auto rows = co_await connection->query(render_sql(sql::conflicts_list, values));
    print_rows(rows, "no conflicts", context);
    co_return Exit::done;
}

asio::awaitable<Exit> show(Context& context) {
    const auto id = context.arguments.required_id();
    context.arguments.finish();
    const auto connection = co_await open_initialised(context);
    const auto conflict = co_await Conflict::read(*connection, id);
    const auto present = co_await present_row(*connection, conflict);

    const SqlValues whole{{"id", id}, {"present", present.value_or("null")}};
    const auto fields = co_await connection->query(render_sql(sql::conflict_show, whole));
    if (context.json) {
        context.out << fields.at(0, "json") << "\n";
        co_return Exit::done;
    }
    for (int column = 0; column < fields.columns(); ++column) {
        const std::string_view name = PQfname(fields.get(), column);
        const auto value = fields.optional_at(0, name);
        if (name != "json" && value) context.out << name << ": " << *value << "\n";
    }
    if (!conflict.row && !conflict.is_orphan()) context.out << "what lost is a delete\n";
    if (!present) context.out << "the table has no such row now\n";
    context.out << "\n";
    const SqlValues both{{"lost", conflict.row.value_or("null")}, {"present", present.value_or("null")}};
    const auto columns = co_await connection->query(render_sql(sql::conflict_columns, both));
    print_rows(columns, "neither has a row", context);
    co_return Exit::done;
}

asio::awaitable<Exit> restore(Context& context) {
    const auto id = context.arguments.required_id();
    context.arguments.finish();
    const auto connection = co_await open_initialised(context);
    const auto conflict = co_await Conflict::read(*connection, id);
    co_await restore_conflict(*connection, conflict);
    context.out << "conflict " << id << ": " << (conflict.row ? "the row " : "the delete of the row ") << conflict.key
                << " of " << qualified_name(conflict.schema, conflict.table) << " is a new change now\n";
    co_return Exit::done;
}

asio::awaitable<Exit> purge(Context& context) {
    const auto age = context.arguments.duration("--older-than");
    context.arguments.finish();
    if (!age) throw Error("--older-than is missing; give a duration such as 90d", Exit::usage);
    const auto connection = co_await open_initialised(context);
    const SqlValues values{{"seconds", std::to_string(std::chrono::duration<double>(*age).count())}};
    const auto result = co_await connection->query(render_sql(sql::conflicts_purge, values));
    context.out << "deleted " << result.at(0, "purged") << " conflicts older than " << format_duration(*age) << "\n";
    co_return Exit::done;
}

constexpr Command actions[] = {
    {"list", "[--table T] [--type TYPE] [--since WHEN] [--until WHEN]", "", list},
    {"show", "ID", "", show},
    {"restore", "ID", "", restore},
    {"purge", "--older-than D", "", purge},
};

}  // namespace

asio::awaitable<Exit> run_conflicts(Context& context) {
    return run_action(actions, context);
}

}  // namespace tromp::ctl
