#include "common/install_tables.hpp"

#include <sql/embedded.hpp>

#include <algorithm>
#include "common/sql_text.hpp"
#include "common/table_pattern.hpp"

namespace tromp {
namespace {

namespace asio = boost::asio;

/// A table that a pattern may mean.
struct Candidate {
    std::string oid;
    std::string schema;
    std::string table;
    bool only_by_name{};
    bool has_triggers{};
    std::optional<std::string> refusal;

    std::string name() const { return qualified_name(schema, table); }
};

std::vector<TablePattern> parse(const std::vector<std::string>& texts) {
    std::vector<TablePattern> patterns;
    for (const auto& text : texts) {
        auto pattern = TablePattern::parse(text);
        if (!pattern) {
            throw Error(
                "'" + text + "' is not the name of a table; give schema and table, such as public.item or public.*",
                Exit::usage);
        }
        patterns.push_back(std::move(*pattern));
    }
    return patterns;
}

bool is_meant(const Candidate& candidate, const std::vector<TablePattern>& patterns) {
    bool included = false;
    for (const auto& pattern : patterns) {
        if (!pattern.matches(candidate.schema, candidate.table)) continue;
        if (pattern.excludes()) return false;
        included = included || !candidate.only_by_name || !pattern.has_wildcard();
    }
    return included;
}

std::string_view word(Resolver resolver) {
    switch (resolver) {
        case Resolver::last_update_wins:
            return "last_update_wins";
        case Resolver::node_priority:
            return "node_priority";
        case Resolver::strongest:
            return "strongest";
    }
    return {};
}

std::string_view word(DeleteResolver resolver) {
    return resolver == DeleteResolver::delete_wins ? "delete_wins" : "last_update_wins";
}

std::string_view word(Orphans orphans) {
    return orphans == Orphans::restore_parent ? "restore_parent" : "report";
}

struct Rule {
    Resolver resolver;
    DeleteResolver delete_resolver;
    std::string priority;  ///< an array literal
    std::string strength;  ///< an SQL expression; empty: all rows are equally strong
    Orphans orphans;
};

/// SQL for the columns of a table that refer to large objects.
std::string large_objects_sql(const std::string& table, const Config& config) {
    const auto found = config.large_objects.find(table);
    std::string columns;
    if (found != config.large_objects.end()) {
        for (const auto& column : found->second)
            columns += (columns.empty() ? "" : ", ") + quote_literal(column);
    }
    return "ARRAY[" + columns + "]::text[]";
}

Rule rule_for(const std::string& table, const Conflicts& conflicts) {
    const auto found = conflicts.tables.find(table);
    const TableRule own = found == conflicts.tables.end() ? TableRule{} : found->second;
    std::string priority = "{";
    for (const int node : own.priority)
        priority += (priority.size() > 1 ? "," : "") + std::to_string(node);
    return {own.resolver.value_or(conflicts.resolver), own.delete_resolver.value_or(conflicts.delete_resolver),
            priority + "}", own.strength, own.orphans};
}

asio::awaitable<std::vector<Candidate>> candidates(InstallTransaction& transaction) {
    const auto rows = co_await transaction.run(std::string(sql::install_candidates), "read the catalogue");
    std::vector<Candidate> found;
    for (int row = 0; row < rows.rows(); ++row) {
        found.push_back({std::string(rows.at(row, "oid")), std::string(rows.at(row, "schema_name")),
                         std::string(rows.at(row, "table_name")), rows.boolean(row, "only_by_name"),
                         rows.boolean(row, "has_triggers"), rows.optional_at(row, "refusal")});
    }
    co_return found;
}

/// Removes and returns the tables that cannot be captured.
std::vector<RefusedTable> take_refused(std::vector<Candidate>& tables) {
    std::vector<RefusedTable> refused;
    for (const auto& table : tables) {
        if (table.refusal) refused.push_back({table.name(), *table.refusal});
    }
    std::erase_if(tables, [](const Candidate& table) { return table.refusal.has_value(); });
    return refused;
}

/// Names without wildcards that mean no table at all.
std::vector<RefusedTable> absent(const std::vector<TablePattern>& patterns, const std::vector<Candidate>& tables) {
    std::vector<RefusedTable> result;
    for (const auto& pattern : patterns) {
        const bool found = pattern.excludes() || pattern.has_wildcard() ||
                           std::any_of(tables.begin(), tables.end(), [&](const Candidate& table) {
                               return pattern.matches(table.schema, table.table);
                           });
        if (!found) result.push_back({pattern.name(), "there is no such table"});
    }
    return result;
}

asio::awaitable<void> lock(InstallTransaction& transaction, const Candidate& table) {
    const SqlValues values{{"schema", table.schema},
                           {"table", table.table},
                           {"mode", table.has_triggers ? "ACCESS EXCLUSIVE" : "SHARE ROW EXCLUSIVE"}};
    co_await transaction.run(render_sql(sql::install_lock_table, values), "lock table " + table.name());
}

/// Finds out whether the expressions that give strengths can be used; a table where it cannot gets a refusal.
asio::awaitable<void> check_strengths(InstallTransaction& transaction, std::vector<Candidate>& tables,
                                      const Conflicts& conflicts) {
    for (auto& table : tables) {
        const auto rule = rule_for(table.name(), conflicts);
        if (rule.strength.empty()) continue;
        const SqlValues values{{"relation", table.oid}, {"strength", rule.strength}};
        const auto row = co_await transaction.run(render_sql(sql::install_strength, values),
                                                  "check the strength of table " + table.name());
        table.refusal = row.optional_at(0, "refusal");
    }
}

/// The same of the columns that refer to large objects.
asio::awaitable<void> check_large_objects(InstallTransaction& transaction, std::vector<Candidate>& tables,
                                          const Config& config) {
    for (auto& table : tables) {
        if (!config.large_objects.contains(table.name())) continue;
        const SqlValues values{{"relation", table.oid}, {"large_objects", large_objects_sql(table.name(), config)}};
        const auto row = co_await transaction.run(render_sql(sql::install_large_objects, values),
                                                  "check the large objects of table " + table.name());
        table.refusal = row.optional_at(0, "refusal");
    }
}

/// Is it new?
asio::awaitable<bool> capture(InstallTransaction& transaction, const Candidate& table, const Config& config) {
    const auto rule = rule_for(table.name(), config.conflicts);
    const SqlValues values{{"relation", table.oid},
                           {"schema", table.schema},
                           {"table", table.table},
                           {"resolver", std::string(word(rule.resolver))},
                           {"delete_resolver", std::string(word(rule.delete_resolver))},
                           {"priority", rule.priority},
                           {"strength", rule.strength},
                           {"orphans", std::string(word(rule.orphans))},
                           {"large_objects", large_objects_sql(table.name(), config)}};
    const std::string what = "capture table " + table.name();
    const auto row = co_await transaction.run(render_sql(sql::install_table, values), what);
    const SqlValues id{{"id", std::string(row.at(0, "id"))}};
    co_await transaction.run(render_sql(sql::install_capture, id), what);
    co_return row.boolean(0, "is_new");
}

}  // namespace

asio::awaitable<CaptureReport> capture_tables(InstallTransaction& transaction, const Config& config,
                                              const std::vector<std::string>& texts) {
    const auto patterns = parse(texts);
    co_await transaction.run(std::string(sql::install_follow_renames),
                             "follow tables that were renamed to the name of another captured one");
    auto tables = co_await candidates(transaction);
    CaptureReport report;
    report.refused = absent(patterns, tables);
    std::erase_if(tables, [&](const Candidate& table) { return !is_meant(table, patterns); });
    const auto refuse = [&] {
        for (auto& refused : take_refused(tables))
            report.refused.push_back(std::move(refused));
    };
    refuse();
    for (const auto& table : tables)
        co_await lock(transaction, table);
    co_await check_strengths(transaction, tables, config.conflicts);
    refuse();
    co_await check_large_objects(transaction, tables, config);
    refuse();
    for (const auto& table : tables) {
        const bool is_new = co_await capture(transaction, table, config);
        (is_new ? report.added : report.renewed).push_back(table.name());
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
                                          const std::vector<std::string>& patterns) {
    auto transaction = co_await InstallTransaction::begin(connection);
    auto report = co_await capture_tables(transaction, config, patterns);
    co_await transaction.commit();
    co_return report;
}

}  // namespace tromp
