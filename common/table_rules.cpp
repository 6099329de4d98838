#include "common/table_rules.hpp"

#include <boost/json.hpp>
#include <sql/embedded.hpp>

#include "common/sql_text.hpp"
#include "common/table_pattern.hpp"

namespace tromp {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

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

TablePattern parse(const std::string& text) {
    auto pattern = TablePattern::parse(text);
    if (pattern) return std::move(*pattern);
    throw Error("'" + text + "' is not the name of a table; give schema and table, such as public.item or public.*",
                Exit::usage);
}

/// The rule of a table, which is without name in the rule for all others.
json::object rule(const std::string& schema, const std::string& table, const TableRule& own, const Conflicts& conflicts,
                  const std::vector<std::string>& large_objects) {
    json::object object;
    object["schema_name"] = schema;
    object["table_name"] = table;
    object["resolver"] = word(own.resolver.value_or(conflicts.resolver));
    object["delete_resolver"] = word(own.delete_resolver.value_or(conflicts.delete_resolver));
    object["priority"] = json::array(own.priority.begin(), own.priority.end());
    object["strength"] = own.strength.empty() ? json::value() : json::value(own.strength);
    object["orphans"] = word(own.orphans);
    object["large_objects"] = json::array(large_objects.begin(), large_objects.end());
    return object;
}

/// A pattern as replication.patterns has it.
SqlValues columns_of(const std::string& text) {
    const auto pattern = parse(text);
    auto like = pattern.like();
    return {{"pattern", text},
            {"excludes", pattern.excludes() ? "true" : "false"},
            {"is_name", pattern.has_wildcard() ? "false" : "true"},
            {"schema_like", std::move(like.schema)},
            {"table_like", std::move(like.table)}};
}

std::string patterns_json(const Config& config) {
    json::array patterns;
    for (const auto& text : config.tables)
        patterns.push_back(json::value_from(columns_of(text)));
    return json::serialize(patterns);
}

std::string rules_json(const Config& config) {
    const auto& conflicts = config.conflicts;
    json::array rules;
    rules.push_back(rule({}, {}, TableRule{}, conflicts, {}));
    auto large_objects = config.large_objects;
    for (const auto& entry : conflicts.tables)
        large_objects.try_emplace(entry.first);
    for (const auto& [name, columns] : large_objects) {
        const auto table = parse(name);
        const auto found = conflicts.tables.find(name);
        const auto own = found == conflicts.tables.end() ? TableRule{} : found->second;
        rules.push_back(rule(table.schema(), table.table(), own, conflicts, columns));
    }
    return json::serialize(rules);
}

}  // namespace

asio::awaitable<void> write_patterns(InstallTransaction& transaction, const Config& config) {
    const auto query = render_sql(sql::install_patterns, "patterns", patterns_json(config));
    co_await transaction.run(query, "write replication.patterns");
}

asio::awaitable<void> add_pattern(InstallTransaction& transaction, const std::string& text) {
    co_await transaction.run(render_sql(sql::install_add_pattern, columns_of(text)), "write replication.patterns");
}

asio::awaitable<void> settle_pattern(InstallTransaction& transaction, const std::string& pattern) {
    const auto query = render_sql(sql::install_settle_pattern, "pattern", pattern);
    co_await transaction.run(query, "write replication.patterns");
}

asio::awaitable<void> exclude_table(InstallTransaction& transaction, const std::string& schema,
                                    const std::string& table) {
    auto values = columns_of("!" + qualified_name(schema, table));
    values["schema"] = schema;
    values["table"] = table;
    co_await transaction.run(render_sql(sql::install_exclude, values), "write replication.patterns");
}

asio::awaitable<void> write_rules(InstallTransaction& transaction, const Config& config) {
    const auto query = render_sql(sql::install_rules, "rules", rules_json(config));
    co_await transaction.run(query, "write replication.rules");
}

asio::awaitable<std::string> take_over_tables(pg::Connection& connection, const Config& config) {
    const auto query =
        render_sql(sql::install_patterns_differ, "patterns", patterns_json(config), "rules", rules_json(config));
    const auto row = co_await connection.query(query);
    std::string words;
    const auto say = [&words](const std::string& what) { words += (words.empty() ? "" : ", ") + what; };
    if (const auto names = row.optional_at(0, "only_in_file")) say("only the file has " + *names);
    if (const auto names = row.optional_at(0, "only_here")) say("only the database had " + *names);
    if (row.boolean(0, "rules_differ")) say("`conflicts` or `large_objects` differ");
    if (words.empty()) co_return words;
    auto transaction = co_await InstallTransaction::begin(connection);
    co_await write_patterns(transaction, config);
    co_await write_rules(transaction, config);
    co_await transaction.commit();
    co_return words;
}

}  // namespace tromp
