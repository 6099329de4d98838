#include "common/statement_names.hpp"

#include "common/parse_tree.hpp"
#include "common/statement_refused.hpp"

namespace tromp::statement {
namespace {

using json::object;

TableName table_name(const std::vector<std::string>& parts) {
    if (parts.empty()) return {};
    return {parts.size() > 1 ? parts[parts.size() - 2] : std::string{}, parts.back()};
}

void add_constraint(Reading& reading, const object& constraint) {
    add_relation(reading, object_of(constraint, "pktable"), Names::table);
}

}  // namespace

void check_schema(std::string_view schema, std::string_view kind) {
    if (schema == "replication") refuse(kind, refusal::schema_replication);
    if (schema == "pg_temp" || schema.starts_with("pg_temp_")) refuse(kind, refusal::temporary);
}

void check_trigger(std::string_view trigger, std::string_view kind) {
    if (trigger.starts_with("trompd_")) refuse(kind, refusal::capture_trigger);
}

void add_named(Reading& reading, std::vector<std::string> parts, Names names) {
    if (parts.empty()) return;
    if (names == Names::schema) {
        check_schema(parts.back(), reading.kind);
        return;
    }
    if (names == Names::of_table) {
        parts.pop_back();
        if (parts.empty()) return;
    }
    auto name = table_name(parts);
    check_schema(name.schema, reading.kind);
    if (names != Names::other) reading.tables.push_back(std::move(name));
}

TableName add_relation(Reading& reading, const object& relation, Names names) {
    if (relation.empty()) return {};
    if (text_of(relation, "relpersistence") == "t") refuse(reading.kind, refusal::temporary);
    std::vector<std::string> parts{std::string(text_of(relation, "relname"))};
    const auto schema = text_of(relation, "schemaname");
    if (!schema.empty()) parts.insert(parts.begin(), std::string(schema));
    auto name = table_name(parts);
    add_named(reading, std::move(parts), names);
    return name;
}

void add_element(Reading& reading, const json::value& element) {
    const auto node = named_node(element);
    if (node.name == "Constraint") add_constraint(reading, node.fields);
    if (node.name != "ColumnDef") return;
    for (const auto& constraint : list_of(node.fields, "constraints"))
        add_constraint(reading, named_node(constraint).fields);
}

void add_named(Reading& reading, const json::array& nodes, Names names) {
    for (const auto& node : nodes)
        add_named(reading, name_parts(node), names);
}

void refuse_numbers(const json::array& options, std::string_view kind) {
    for (const auto& option : options) {
        const auto name = text_of(named_node(option).fields, "defname");
        if (name == "restart" || name == "increment" || name == "start") refuse(kind, refusal::numbers);
    }
}

}  // namespace tromp::statement
