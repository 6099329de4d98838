#include "common/install_tables.hpp"

#include <sql/embedded.hpp>

#include <algorithm>
#include "common/sql_text.hpp"
#include "common/table_pattern.hpp"
#include "common/table_rules.hpp"

namespace tromp {
namespace {

namespace asio = boost::asio;

/// A table that a pattern means.
struct Candidate {
    std::string oid;
    std::string schema;
    std::string table;
    bool has_triggers{};
    std::optional<std::string> refusal;

    std::string name() const { return qualified_name(schema, table); }
};

asio::awaitable<std::vector<Candidate>> candidates(InstallTransaction& transaction, const std::string& patterns) {
    const auto query = render_sql(sql::install_candidates, "patterns", patterns);
    const auto rows = co_await transaction.run(query, "read the catalogue");
    std::vector<Candidate> found;
    for (int row = 0; row < rows.rows(); ++row) {
        found.push_back({std::string(rows.at(row, "relation")), std::string(rows.at(row, "schema_name")),
                         std::string(rows.at(row, "table_name")), rows.boolean(row, "has_triggers"),
                         rows.optional_at(row, "refusal")});
    }
    co_return found;
}

/// Names without wildcards that mean no table at all.
asio::awaitable<std::vector<RefusedTable>> absent(InstallTransaction& transaction, const std::string& patterns) {
    const auto query = render_sql(sql::install_absent, "patterns", patterns);
    const auto rows = co_await transaction.run(query, "read the catalogue");
    std::vector<RefusedTable> result;
    for (int row = 0; row < rows.rows(); ++row)
        result.push_back({TablePattern::parse(rows.at(row, "name")).value().name(), "there is no such table"});
    co_return result;
}

/// Takes those that cannot be captured out of `tables`, into `refused` and the database.
asio::awaitable<void> take_refused(InstallTransaction& transaction, std::vector<Candidate>& tables,
                                   std::vector<RefusedTable>& refused) {
    for (const auto& table : tables) {
        if (!table.refusal) continue;
        refused.push_back({table.name(), *table.refusal});
        const auto query = render_sql(sql::install_refuse, "relation", table.oid, "reason", *table.refusal);
        co_await transaction.run(query, "write replication.refused");
    }
    std::erase_if(tables, [](const Candidate& table) { return table.refusal.has_value(); });
}

asio::awaitable<void> lock(InstallTransaction& transaction, const Candidate& table) {
    const SqlValues values{{"schema", table.schema},
                           {"table", table.table},
                           {"mode", table.has_triggers ? "ACCESS EXCLUSIVE" : "SHARE ROW EXCLUSIVE"}};
    co_await transaction.run(render_sql(sql::install_lock_table, values), "lock table " + table.name());
}

/// Finds out whether the rules can be used; a table where they cannot gets a refusal.
asio::awaitable<void> check_rules(InstallTransaction& transaction, std::vector<Candidate>& tables) {
    for (auto& table : tables) {
        const auto query = render_sql(sql::install_rule_refusal, "relation", table.oid);
        const auto row = co_await transaction.run(query, "check the rule for table " + table.name());
        table.refusal = row.optional_at(0, "refusal");
    }
}

}  // namespace

asio::awaitable<CaptureReport> capture_tables(InstallTransaction& transaction, const Config& config,
                                              const std::vector<std::string>& patterns) {
    co_await write_rules(transaction, config);
    co_await transaction.run(std::string(sql::install_follow_names), "follow tables that were renamed or dropped");
    const auto asked = array_text(patterns);
    auto tables = co_await candidates(transaction, asked);
    CaptureReport report;
    report.refused = co_await absent(transaction, asked);
    co_await take_refused(transaction, tables, report.refused);
    for (const auto& table : tables)
        co_await lock(transaction, table);
    co_await check_rules(transaction, tables);
    co_await take_refused(transaction, tables, report.refused);
    for (const auto& table : tables) {
        const auto query = render_sql(sql::install_capture, "relation", table.oid);
        const auto row = co_await transaction.run(query, "capture table " + table.name());
        (row.boolean(0, "is_new") ? report.added : report.renewed).push_back(table.name());
    }
    report.sequences = co_await partition_sequences(transaction);
    co_return report;
}

asio::awaitable<std::vector<std::string>> partition_sequences(InstallTransaction& transaction) {
    const auto rows = co_await transaction.run(std::string(sql::install_sequences), "partition the sequences");
    std::vector<std::string> sequences;
    for (int row = 0; row < rows.rows(); ++row)
        sequences.emplace_back(rows.at(row, "sequence"));
    co_return sequences;
}

asio::awaitable<CaptureReport> add_tables(pg::Connection& connection, const Config& config,
                                          const std::string& pattern) {
    auto transaction = co_await InstallTransaction::begin(connection);
    co_await add_pattern(transaction, pattern);
    const std::vector<std::string> patterns(1, pattern);
    auto report = co_await capture_tables(transaction, config, patterns);
    co_await settle_pattern(transaction, pattern);
    co_await transaction.commit();
    co_return report;
}

}  // namespace tromp
