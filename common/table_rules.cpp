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

}  // namespace

asio::awaitable<void> write_patterns(InstallTransaction& transaction, const Config& config) {
    json::array patterns;
    for (const auto& text : config.tables) {
        const auto pattern = parse(text);
        const auto like = pattern.like();
        json::object object;
        object["pattern"] = text;
        object["excludes"] = pattern.excludes();
        object["is_name"] = !pattern.has_wildcard();
        object["schema_like"] = like.schema;
        object["table_like"] = like.table;
        patterns.push_back(std::move(object));
    }
    const auto query = render_sql(sql::install_patterns, "patterns", json::serialize(patterns));
    co_await transaction.run(query, "write replication.patterns");
}

asio::awaitable<void> add_pattern(InstallTransaction& transaction, const std::string& text) {
    const auto pattern = parse(text);
    const auto like = pattern.like();
    const SqlValues values{{"pattern", text},
                           {"is_name", pattern.has_wildcard() ? "false" : "true"},
                           {"schema_like", like.schema},
                           {"table_like", like.table}};
    co_await transaction.run(render_sql(sql::install_add_pattern, values), "write replication.patterns");
}

asio::awaitable<void> write_rules(InstallTransaction& transaction, const Config& config) {
    const auto& conflicts = config.conflicts;
    json::array rules;
    rules.push_back(rule({}, {}, TableRule{}, conflicts, {}));
    auto columns_of = config.large_objects;
    for (const auto& entry : conflicts.tables)
        columns_of.try_emplace(entry.first);
    for (const auto& [name, columns] : columns_of) {
        const auto table = parse(name);
        const auto found = conflicts.tables.find(name);
        const auto own = found == conflicts.tables.end() ? TableRule{} : found->second;
        rules.push_back(rule(table.schema(), table.table(), own, conflicts, columns));
    }
    const auto query = render_sql(sql::install_rules, "rules", json::serialize(rules));
    co_await transaction.run(query, "write replication.rules");
}

}  // namespace tromp
