#include <algorithm>
#include <string_view>

#include "common/config_values.hpp"

namespace tromp {
namespace {

std::optional<Resolver> read_resolver(const yaml::Value& value) {
    return yaml::one_of<Resolver>({{"last_update_wins", Resolver::last_update_wins},
                                   {"node_priority", Resolver::node_priority},
                                   {"strongest", Resolver::strongest}})(value);
}

std::optional<DeleteResolver> read_delete_resolver(const yaml::Value& value) {
    return yaml::one_of<DeleteResolver>(
        {{"delete_wins", DeleteResolver::delete_wins}, {"last_update_wins", DeleteResolver::last_update_wins}})(value);
}

std::optional<Orphans> read_orphans(const yaml::Value& value) {
    return yaml::one_of<Orphans>({{"report", Orphans::report}, {"restore_parent", Orphans::restore_parent}})(value);
}

std::optional<std::string> read_strength(const yaml::Value& value) {
    return value.text("an SQL expression");
}

std::optional<std::vector<int>> read_priority(const yaml::Value& value, int max_nodes) {
    constexpr std::string_view expected = "a list of node numbers, the strongest first, such as [1, 2]";
    const auto list = yaml::items(value, expected);
    if (!list) return std::nullopt;
    if (list->empty()) {
        value.must_be(expected);
        return std::nullopt;
    }
    const auto read_node = yaml::integer<int>(1, max_nodes, "(max_nodes)");
    std::vector<int> nodes;
    bool good = true;
    for (const yaml::Value& item : *list) {
        const auto node = read_node(item);
        good = good && node;
        if (!node) continue;
        if (std::find(nodes.begin(), nodes.end(), *node) != nodes.end()) {
            item.error("'priority' has node " + std::to_string(*node) + " twice; list each node once");
            good = false;
        }
        nodes.push_back(*node);
    }
    if (!good) return std::nullopt;
    return nodes;
}

/// A key of a rule that one resolver takes, and no other.
struct Input {
    std::string key;
    std::string example;
    Resolver user;
    std::string user_name;
};

/// The resolver and its input must come together; an input alone would be a rule that has no effect.
void check_input(yaml::Section& section, const yaml::Value& value, Resolver resolver, const Input& input) {
    const auto given = section.find(input.key);
    if (resolver == input.user && !given) {
        value.error(input.user_name + " decides for " + value.label() + ", which has no '" + input.key + "'; add " +
                    input.example);
    } else if (resolver != input.user && given) {
        given->error("'" + input.key + "' has no effect here; add 'default: " + input.user_name + "', or remove it");
    }
}

TableRule read_rule(const yaml::Value& value, int max_nodes, std::optional<Resolver> common) {
    TableRule rule;
    yaml::Section section(value);
    if (!section.valid()) return rule;
    const bool own = section.optional("default", rule.resolver, read_resolver);
    section.optional("delete", rule.delete_resolver, read_delete_resolver);
    section.optional("priority", rule.priority,
                     [max_nodes](const yaml::Value& list) { return read_priority(list, max_nodes); });
    section.optional("strength", rule.strength, read_strength);
    section.optional("orphans", rule.orphans, read_orphans);
    // Says nothing as long as it is unknown what decides.
    const auto resolver = own ? rule.resolver : section.find("default") ? std::nullopt : common;
    if (resolver) {
        check_input(
            section, value, *resolver,
            {"priority", "'priority: [1, 2]', the strongest node first", Resolver::node_priority, "node_priority"});
        check_input(
            section, value, *resolver,
            {"strength", "'strength', an SQL expression that gives a number", Resolver::strongest, "strongest"});
    }
    section.finish();
    return rule;
}

}  // namespace

std::optional<Conflicts> read_conflicts(const yaml::Value& value, int max_nodes) {
    Conflicts conflicts;
    yaml::Section section(value);
    const auto given = section.find("default");
    const bool good = section.optional("default", conflicts.resolver, read_resolver) || !given;
    section.optional("delete", conflicts.delete_resolver, read_delete_resolver);
    bool inherited = false;  // then each table has been checked for what the common resolver needs
    if (const auto tables = section.find("tables")) {
        const yaml::Section by_name(*tables);
        for (const auto& [key, rule_value] : by_name.entries()) {
            const auto table = read_table_name(key);
            const TableRule rule =
                read_rule(rule_value, max_nodes, good ? std::optional(conflicts.resolver) : std::nullopt);
            inherited = inherited || !rule.resolver;
            if (table && !conflicts.tables.emplace(*table, rule).second) {
                key.error("table " + *table + " is here twice, spelt differently; give one rule for it");
            }
        }
        inherited = inherited || !by_name.valid();
    }
    if (good && given && !inherited && conflicts.resolver != Resolver::last_update_wins) {
        const bool by_node = conflicts.resolver == Resolver::node_priority;
        given->error(std::string(by_node ? "node_priority needs a 'priority'" : "strongest needs a 'strength'") +
                     ", and no table gives one; add it per table, such as 'tables: {public.account: {" +
                     (by_node ? "priority: [1, 2]" : "strength: \"amount\"") + "}}'");
    }
    section.finish();
    return conflicts;
}

}  // namespace tromp
