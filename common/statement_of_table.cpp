#include "common/parse_tree.hpp"
#include "common/statement_names.hpp"
#include "common/statement_refused.hpp"
#include "common/statement_rules.hpp"

namespace tromp::statement {
namespace {

using json::object;

void alter_table_command(const object& command, Reading& reading, Names names) {
    struct Refused {
        std::string_view type;
        std::string_view kind;
        std::string_view why;
    };
    static constexpr Refused refused[] = {
        {"AT_ChangeOwner", "OWNER TO", refusal::rights},
        {"AT_SetTableSpace", "SET TABLESPACE", refusal::upkeep},
        {"AT_DisableTrigAll", "DISABLE TRIGGER ALL", refusal::all_triggers},
        {"AT_DisableTrigUser", "DISABLE TRIGGER USER", refusal::all_triggers},
        {"AT_EnableAlwaysTrig", "ENABLE ALWAYS TRIGGER", refusal::firing_everywhere},
        {"AT_EnableReplicaTrig", "ENABLE REPLICA TRIGGER", refusal::firing_everywhere},
        {"AT_EnableAlwaysRule", "ENABLE ALWAYS RULE", refusal::firing_everywhere},
        {"AT_EnableReplicaRule", "ENABLE REPLICA RULE", refusal::firing_everywhere},
        {"AT_DetachPartitionFinalize", "DETACH PARTITION … FINALIZE", refusal::unfinished},
    };
    const auto type = text_of(command, "subtype");
    for (const auto& known : refused)
        if (type == known.type) refuse(known.kind, known.why);
    if (type == "AT_EnableTrig" || type == "AT_DisableTrig") check_trigger(text_of(command, "name"), reading.kind);
    const auto* const definition = command.if_contains("def");
    if (definition == nullptr) return;
    const auto node = named_node(*definition);
    if (type == "AT_SetIdentity") refuse_numbers(list_of(node.fields, "items"), reading.kind);
    if (node.name == "PartitionCmd") {
        add_relation(reading, object_of(node.fields, "name"), names);
        reading.alone = reading.alone || flag_of(node.fields, "concurrent");
    }
    if (node.name == "RangeVar") add_named(reading, name_parts(*definition), names);  // INHERIT
    add_element(reading, *definition);
}

}  // namespace

void create_table(const object& fields, Reading& reading) {
    reading.kind = "CREATE TABLE";
    add_relation(reading, object_of(fields, "relation"), Names::table);
    add_named(reading, list_of(fields, "inhRelations"), Names::table);
    for (const auto& element : list_of(fields, "tableElts"))
        add_element(reading, element);
}

void alter_table(const object& fields, Reading& reading) {
    const auto& kind = object_kind(text_of(fields, "objtype"));
    reading.kind = "ALTER " + std::string(kind.words);
    if (kind.names == Names::each_nodes) refuse(reading.kind, refusal::own);
    add_relation(reading, object_of(fields, "relation"), kind.names);
    for (const auto& command : list_of(fields, "cmds"))
        alter_table_command(named_node(command).fields, reading, kind.names);
}

void create_index(const object& fields, Reading& reading) {
    reading.kind = "CREATE INDEX";
    reading.alone = flag_of(fields, "concurrent");
    add_relation(reading, object_of(fields, "relation"), Names::table);
}

void create_trigger(const object& fields, Reading& reading) {
    reading.kind = "CREATE TRIGGER";
    check_trigger(text_of(fields, "trigname"), reading.kind);
    add_relation(reading, object_of(fields, "relation"), Names::table);
    add_relation(reading, object_of(fields, "constrrel"), Names::table);
}

void create_rule(const object& fields, Reading& reading) {
    reading.kind = "CREATE RULE";
    add_relation(reading, object_of(fields, "relation"), Names::table);
}

void create_policy(const object& fields, Reading& reading) {
    reading.kind = "CREATE POLICY";
    add_relation(reading, object_of(fields, "table"), Names::table);
}

void alter_policy(const object& fields, Reading& reading) {
    reading.kind = "ALTER POLICY";
    add_relation(reading, object_of(fields, "table"), Names::table);
}

void create_statistics(const object& fields, Reading& reading) {
    reading.kind = "CREATE STATISTICS";
    add_named(reading, name_parts(list_of(fields, "defnames")), Names::other);
    add_named(reading, list_of(fields, "relations"), Names::table);
}

}  // namespace tromp::statement
