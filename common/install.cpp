#include "common/install.hpp"

#include <sql/embedded.hpp>

#include <algorithm>

#include "common/install_tables.hpp"
#include "common/install_transaction.hpp"
#include "common/sql_text.hpp"
#include "common/table_pattern.hpp"
#include "common/table_rules.hpp"

namespace tromp {
namespace {

namespace asio = boost::asio;

constexpr int oldest_server = 130000;

struct Server {
    std::string database;
    std::string role;
    bool may_create{};
    bool is_superuser{};
    bool sees_statements{};
    bool has_schema{};
    bool has_config{};
};

/// What an earlier init left; all zero where there was none.
struct Known {
    int schema_version{};
    int max_nodes{};
    int node{};
    std::string name;
};

asio::awaitable<Server> look_at_server(pg::Connection& connection) {
    const auto row = co_await connection.query(std::string(sql::install_server));
    const Server server{std::string(row.at(0, "database")), std::string(row.at(0, "role")),
                        row.boolean(0, "may_create"),       row.boolean(0, "is_superuser"),
                        row.boolean(0, "sees_statements"),  row.boolean(0, "has_schema"),
                        row.boolean(0, "has_config")};
    if (row.number(0, "server_version") < oldest_server) {
        throw Error("database " + server.database + " is on PostgreSQL " +
                    std::string(row.at(0, "server_version_text")) + "; PostgreSQL 13 or later is needed");
    }
    if (row.boolean(0, "in_recovery")) {
        throw Error(
            "database " + server.database +
            " is on a standby, where nothing can be written; give the primary as `database` in the configuration");
    }
    if (server.has_schema && !server.has_config) {
        throw Error(
            "database " + server.database +
            " has a schema named replication that is not pg_trompe's; rename that one, pg_trompe needs the name");
    }
    co_return server;
}

asio::awaitable<Known> look_at_schema(pg::Connection& connection) {
    const auto row = co_await connection.query(std::string(sql::install_known));
    co_return Known{static_cast<int>(row.number(0, "schema_version")), static_cast<int>(row.number(0, "max_nodes")),
                    static_cast<int>(row.number(0, "node")), std::string(row.at(0, "name"))};
}

void check_version(const Known& known, const Server& server) {
    if (known.schema_version <= schema_version()) return;
    throw Error("schema replication of database " + server.database + " has version " +
                std::to_string(known.schema_version) +
                ", made by a newer pg_trompe; upgrade this program, which knows versions up to " +
                std::to_string(schema_version()));
}

void check_node(const Known& known, const Server& server, const Config& config) {
    if (known.node == 0 || known.node == config.node) return;
    throw Error(
        "database " + server.database + " belongs to node " + std::to_string(known.node) + " (" + known.name +
            "), but " + config.file + " is for node " + std::to_string(config.node) +
            "; correct `database` or `node` there. (To make a copy of that node's database a node of its own: trompctl "
            "uninit with the old number in the file, then init with the new one)",
        Exit::usage);
}

/// A node's numbers must be some of those it had before: nobody else has given these.
void check_max_nodes(const Known& known, int max_nodes, const std::string& where) {
    if (known.max_nodes == 0 || (max_nodes >= known.max_nodes && max_nodes % known.max_nodes == 0)) return;
    throw Error("max_nodes is " + std::to_string(max_nodes) + where + ", but the sequences are shared among " +
                    std::to_string(known.max_nodes) +
                    " already; it can only grow, and by a whole factor, so that no number is given twice: give " +
                    std::to_string(known.max_nodes) + ", " + std::to_string(2 * known.max_nodes) + ", " +
                    std::to_string(3 * known.max_nodes) + " …",
                Exit::usage);
}

asio::awaitable<void> write_config(InstallTransaction& transaction, int max_nodes) {
    const SqlValues numbers{{"schema_version", std::to_string(schema_version())},
                            {"max_nodes", std::to_string(max_nodes)}};
    co_await transaction.run(render_sql(sql::install_config, numbers), "write replication.config");
}

asio::awaitable<void> upgrade_schema(InstallTransaction& transaction, const Server& server, int from) {
    if (from == 0 && !server.may_create) {
        throw Error(
            "role " + server.role +
            " may not create schema replication; the owner of the database can allow it: GRANT CREATE ON DATABASE " +
            quote_identifier(server.database) + " TO " + quote_identifier(server.role));
    }
    for (const auto& migration : sql::migrations().subspan(static_cast<std::size_t>(from))) {
        const std::string what = "apply " + std::string(migration.name) + " to database " + server.database;
        co_await transaction.run(std::string(migration.text), what);
    }
}

asio::awaitable<void> write_node(InstallTransaction& transaction, int node, std::string name, bool is_self) {
    const SqlValues values{
        {"node", std::to_string(node)}, {"name", std::move(name)}, {"is_self", is_self ? "true" : "false"}};
    co_await transaction.run(render_sql(sql::install_node, values), "write replication.nodes");
}

asio::awaitable<std::vector<std::string>> write_nodes(InstallTransaction& transaction, const Config& config) {
    co_await write_node(transaction, config.node, config.name, true);
    for (const auto& neighbour : config.neighbours)
        co_await write_node(transaction, neighbour.node, neighbour.name, false);
    const auto rows = co_await transaction.run(query_unlisted_nodes(config), "read replication.nodes");
    std::vector<std::string> unlisted;
    for (int row = 0; row < rows.rows(); ++row) {
        unlisted.push_back(std::string(rows.at(row, "node")) + " (" + std::string(rows.at(row, "name")) + ")");
    }
    co_return unlisted;
}

/// Where this database is, is where its links begin. Returns where it was moved from and to; then they begin anew.
asio::awaitable<std::string> settle_in(InstallTransaction& transaction) {
    const auto row = co_await transaction.run(std::string(sql::moved), "read replication.home");
    const auto moved = row.optional_at(0, "moved").value_or("");
    if (!moved.empty()) co_await transaction.run(std::string(sql::install_anew), "begin all links anew");
    co_await transaction.run(std::string(sql::install_home), "write replication.config");
    co_return moved;
}

/// The functions that every init renews, in an order in which each is there before it is used.
std::string functions() {
    std::string all;
    for (const auto part : {sql::functions,
                            sql::sequence_functions,
                            sql::strength,
                            sql::patterns,
                            sql::object_functions,
                            sql::shape,
                            sql::capture_table,
                            sql::partitions,
                            sql::follow_schema,
                            sql::image_functions,
                            sql::keep_lost,
                            sql::held_functions,
                            sql::constraint_functions,
                            sql::truncate_functions,
                            sql::statements_of,
                            sql::scope,
                            sql::statements,
                            sql::refusal_of_change,
                            sql::own_values,
                            sql::take_statement,
                            sql::ddl,
                            sql::install_revoke}) {
        all += part;
        all += ";\n";
    }
    return all + std::string(sql::install_ddl_functions);
}

/// Makes or drops the event triggers. Are they there now? Only a superuser can make them; those that one made stay.
asio::awaitable<bool> watch_statements(InstallTransaction& transaction, const Server& server, const Config& config) {
    if (!config.ddl.capture) {
        co_await transaction.run(std::string(sql::install_event_triggers_drop), "drop the event triggers");
        co_return false;
    }
    if (!server.is_superuser) co_return server.sees_statements;
    co_await transaction.run(std::string(sql::event_triggers), "create the event triggers");
    co_return true;
}

/// The patterns mean this table.
bool tells_of(const CaptureReport& captured, const std::string& table) {
    const auto is_in = [&](const std::vector<std::string>& list) {
        return std::find(list.begin(), list.end(), table) != list.end();
    };
    const bool refused = std::any_of(captured.refused.begin(), captured.refused.end(),
                                     [&](const RefusedTable& entry) { return entry.table == table; });
    return refused || is_in(captured.added) || is_in(captured.renewed);
}

/// Tables whose large objects are not replicated, whatever the file says; those that are to be made yet are only told.
asio::awaitable<std::vector<std::string>> stray_large_objects(InstallTransaction& transaction,
                                                              CaptureReport& captured) {
    const auto rows = co_await transaction.run(std::string(sql::install_large_objects), "read replication.rules");
    std::vector<std::string> awaited;
    for (int row = 0; row < rows.rows(); ++row) {
        const auto name = qualified_name(rows.at(row, "schema_name"), rows.at(row, "table_name"));
        if (tells_of(captured, name)) continue;
        if (rows.boolean(row, "is_awaited")) {
            awaited.push_back(name);
        } else {
            captured.refused.push_back({name, "`large_objects` names it, but `tables` does not"});
        }
    }
    co_return awaited;
}

/// Captured tables that the patterns no longer name.
asio::awaitable<std::vector<std::string>> unmatched_tables(InstallTransaction& transaction,
                                                           const CaptureReport& captured) {
    const auto rows = co_await transaction.run(std::string(sql::install_known_tables), "read replication.tables");
    std::vector<std::string> unmatched;
    for (int row = 0; row < rows.rows(); ++row) {
        const auto name = qualified_name(rows.at(row, "schema_name"), rows.at(row, "table_name"));
        if (!tells_of(captured, name)) unmatched.push_back(name);
    }
    co_return unmatched;
}

}  // namespace

int schema_version() {
    return static_cast<int>(sql::migrations().size());
}

std::string query_unlisted_nodes(const Config& config) {
    std::vector<int> listed;
    for (const auto& neighbour : config.neighbours)
        listed.push_back(neighbour.node);
    return render_sql(sql::install_unlisted_nodes, "listed", array_text(listed));
}

asio::awaitable<InstallReport> install(pg::Connection& connection, const Config& config) {
    auto transaction = co_await InstallTransaction::begin(connection);
    const auto server = co_await look_at_server(connection);
    Known known;
    if (server.has_config) {
        known = co_await look_at_schema(connection);
        check_version(known, server);
        check_node(known, server, config);
        check_max_nodes(known, config.max_nodes, " in " + config.file);
    }

    InstallReport report{known.schema_version, schema_version(), {}, {}, {}, {}, {}, {}};
    co_await upgrade_schema(transaction, server, known.schema_version);
    co_await write_config(transaction, config.max_nodes);
    co_await transaction.run(functions(), "renew the functions of schema replication");
    report.unlisted_nodes = co_await write_nodes(transaction, config);
    report.sees_statements = co_await watch_statements(transaction, server, config);
    report.moved = co_await settle_in(transaction);
    co_await write_patterns(transaction, config);
    report.tables = co_await capture_tables(transaction, config, config.tables);
    report.awaited = co_await stray_large_objects(transaction, report.tables);
    report.unmatched = co_await unmatched_tables(transaction, report.tables);
    co_await transaction.commit();
    co_return report;
}

asio::awaitable<std::vector<std::string>> widen_sequences(pg::Connection& connection, int max_nodes) {
    auto transaction = co_await InstallTransaction::begin(connection);
    const auto known = co_await look_at_schema(connection);
    check_max_nodes(known, max_nodes, "");
    co_await write_config(transaction, max_nodes);
    auto sequences = co_await partition_sequences(transaction);
    co_await transaction.commit();
    co_return sequences;
}

asio::awaitable<void> require_initialised(pg::Connection& connection, const Config& config) {
    const auto server = co_await look_at_server(connection);
    const std::string init = "run trompctl --config " + config.file + " init";
    if (!server.has_config) throw Error("database " + server.database + " is not initialised for replication; " + init);
    const auto known = co_await look_at_schema(connection);
    check_version(known, server);
    check_node(known, server, config);
    if (known.schema_version < schema_version()) {
        throw Error("schema replication of database " + server.database + " is of an older version; to upgrade it " +
                    init);
    }
}

}  // namespace tromp
