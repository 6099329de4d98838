#include <ostream>
#include <set>

#include <sql/embedded.hpp>

#include "common/install.hpp"
#include "common/install_transaction.hpp"
#include "common/sql_text.hpp"
#include "common/table_pattern.hpp"
#include "common/table_rules.hpp"
#include "ctl/capture_text.hpp"
#include "ctl/command.hpp"
#include "ctl/rows.hpp"
#include "ctl/tables_yaml.hpp"

namespace tromp::ctl {
namespace {

struct KnownTable {
    std::string id;
    std::string schema;
    std::string table;
};

asio::awaitable<std::vector<KnownTable>> known_tables(pg::Connection& connection) {
    const auto rows = co_await connection.query(std::string(sql::install_known_tables));
    std::vector<KnownTable> tables;
    for (int row = 0; row < rows.rows(); ++row) {
        tables.push_back({std::string(rows.at(row, "id")), std::string(rows.at(row, "schema_name")),
                          std::string(rows.at(row, "table_name"))});
    }
    co_return tables;
}

std::pair<std::string, TablePattern> required_pattern(Context& context) {
    auto word = context.arguments.required("the table");
    context.arguments.finish();
    auto pattern = TablePattern::parse(word);
    if (!pattern || pattern->excludes()) {
        throw Error("'" + word + "' is not the name of a table; give schema and table, such as public.item",
                    Exit::usage);
    }
    return {std::move(word), std::move(*pattern)};
}

asio::awaitable<Exit> list(Context& context) {
    context.arguments.finish();
    const auto connection = co_await open_initialised(context);
    const auto rows = co_await connection->query(std::string(sql::tables_list));
    print_rows(rows, "no tables are replicated; trompctl tables add TABLE, or `tables` in the configuration", context);
    co_return Exit::done;
}

asio::awaitable<Exit> add(Context& context) {
    const auto wanted = required_pattern(context);
    const auto& pattern = wanted.second;
    const auto added = pattern.has_wildcard() ? wanted.first : pattern.name();
    const auto connection = co_await open_initialised(context);
    const auto report = co_await add_tables(*connection, context.config, added);
    print_captured(report, context);
    std::set<std::string> advice;  // each once
    const auto known = co_await known_tables(*connection);
    for (const auto& table : known) {
        if (pattern.matches(table.schema, table.table))
            advice.insert(yaml_after_adding(context.config, added, table.schema, table.table));
    }
    for (const auto& text : advice)
        context.out << text;
    if (!report.added.empty()) co_await wake_daemon(context);
    co_return report.refused.empty() ? Exit::done : Exit::no;
}

asio::awaitable<Exit> remove(Context& context) {
    const auto pattern = required_pattern(context).second;
    const auto connection = co_await open_initialised(context);
    auto transaction = co_await InstallTransaction::begin(*connection);
    std::vector<KnownTable> removed;
    for (auto& table : co_await known_tables(*connection)) {
        if (!pattern.matches(table.schema, table.table)) continue;
        const SqlValues values{{"id", table.id}};
        co_await transaction.run(render_sql(sql::tables_release, values),
                                 "release table " + qualified_name(table.schema, table.table));
        co_await exclude_table(transaction, table.schema, table.table);
        removed.push_back(std::move(table));
    }
    if (removed.empty()) throw Error("no such table is replicated; trompctl tables lists those that are");
    co_await transaction.commit();
    for (const auto& table : removed) {
        context.out << "table " << qualified_name(table.schema, table.table)
                    << " is not replicated any more; its changes that no neighbour had read stay here\n"
                    << yaml_after_removing(context.config, table.schema, table.table);
    }
    co_await wake_daemon(context);
    co_return Exit::done;
}

constexpr Command actions[] = {
    {"list", "", "", list},
    {"add", "T", "", add},
    {"remove", "T", "", remove},
    {"check", "", "", run_tables_check},
};

}  // namespace

asio::awaitable<Exit> run_tables(Context& context) {
    return run_action(actions, context);
}

}  // namespace tromp::ctl
