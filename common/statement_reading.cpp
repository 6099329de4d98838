#include "common/statement_reading.hpp"

#include <algorithm>

#include "common/parse_tree.hpp"
#include "common/statement_names.hpp"
#include "common/statement_object.hpp"
#include "common/statement_refused.hpp"
#include "common/statement_rules.hpp"

namespace tromp::statement {
namespace {

using json::object;

void create_view(const object& fields, Reading& reading) {
    reading.kind = "CREATE VIEW";
    add_relation(reading, object_of(fields, "view"), Names::other);
}

void select_into(const object& fields, Reading&) {
    if (fields.contains("intoClause")) refuse("SELECT INTO", refusal::table_as);
    refuse_node("SelectStmt");
}

void create_materialized_view(const object& fields, Reading& reading) {
    if (text_of(fields, "objtype") != "OBJECT_MATVIEW") refuse("CREATE TABLE AS", refusal::table_as);
    reading.kind = "CREATE MATERIALIZED VIEW";
    add_relation(reading, object_of(object_of(fields, "into"), "rel"), Names::other);
}

/// What DROP, COMMENT, RENAME, SET SCHEMA and the like do to an object.
const ObjectKind& read_object(std::string_view verb, std::string_view type, Reading& reading) {
    const auto& kind = object_kind(type);
    reading.kind = std::string(verb) + " " + std::string(kind.words);
    if (kind.names == Names::each_nodes) refuse(reading.kind, refusal::own);
    return kind;
}

/// The parts of an operator class or family come after its access method; neither can be temporary or ours.
bool has_checked_name(const ObjectKind& kind) {
    return kind.type != "OBJECT_OPCLASS" && kind.type != "OBJECT_OPFAMILY" && kind.type != "OBJECT_CAST";
}

void drop(const object& fields, Reading& reading) {
    const auto& kind = read_object("DROP", text_of(fields, "removeType"), reading);
    reading.alone = flag_of(fields, "concurrent");
    for (const auto& named : list_of(fields, "objects")) {
        auto parts = has_checked_name(kind) ? name_parts(named) : std::vector<std::string>{};
        if (kind.type == "OBJECT_TRIGGER" && !parts.empty()) check_trigger(parts.back(), reading.kind);
        add_named(reading, std::move(parts), kind.names);
    }
}

void comment(const object& fields, Reading& reading) {
    const auto& kind = read_object("COMMENT ON", text_of(fields, "objtype"), reading);
    reading.kind = "COMMENT";
    const auto* const named = fields.if_contains("object");
    if (named != nullptr && has_checked_name(kind)) add_named(reading, name_parts(*named), kind.names);
}

/// RENAME, SET SCHEMA, DEPENDS ON: either has `relation`, or `object`. Returns the relation's name.
TableName alter_object(const object& fields, const ObjectKind& kind, Reading& reading) {
    const auto* const named = fields.if_contains("object");
    if (named != nullptr && has_checked_name(kind) && kind.names != Names::of_table)
        add_named(reading, name_parts(*named), kind.names);
    const bool of_table = kind.names == Names::table || kind.names == Names::of_table;
    return add_relation(reading, object_of(fields, "relation"), of_table ? Names::table : Names::other);
}

void rename(const object& fields, Reading& reading) {
    const auto& kind = read_object("ALTER", text_of(fields, "renameType"), reading);
    if (!kind.altered.empty()) reading.kind = "ALTER " + std::string(kind.altered);
    if (kind.type == "OBJECT_COLUMN") {
        const auto& owner = object_kind(text_of(fields, "relationType"));
        reading.kind = "ALTER " + std::string(owner.words);
        if (owner.names != Names::table) {
            alter_object(fields, owner, reading);
            return;
        }
    }
    const auto subject = text_of(fields, "subname");
    const auto name = text_of(fields, "newname");
    if (kind.type == "OBJECT_TRIGGER") {
        check_trigger(subject, reading.kind);
        check_trigger(name, reading.kind);
    }
    if (kind.names == Names::schema) {
        check_schema(subject, reading.kind);
        check_schema(name, reading.kind);
        return;
    }
    const auto old = alter_object(fields, kind, reading);
    if (kind.names == Names::table) reading.tables.push_back({old.schema, std::string(name)});
}

void set_schema(const object& fields, Reading& reading) {
    const auto& kind = read_object("ALTER", text_of(fields, "objectType"), reading);
    const auto schema = text_of(fields, "newschema");
    check_schema(schema, reading.kind);
    const auto old = alter_object(fields, kind, reading);
    if (kind.names == Names::table) reading.tables.push_back({std::string(schema), old.name});
}

void depends(const object& fields, Reading& reading) {
    alter_object(fields, read_object("ALTER", text_of(fields, "objectType"), reading), reading);
}

void create_sequence(const object& fields, Reading& reading) {
    reading.kind = "CREATE SEQUENCE";
    add_relation(reading, object_of(fields, "sequence"), Names::other);
}

void alter_sequence(const object& fields, Reading& reading) {
    reading.kind = "ALTER SEQUENCE";
    add_relation(reading, object_of(fields, "sequence"), Names::other);
    refuse_numbers(list_of(fields, "options"), reading.kind);
}

void create_function(const object& fields, Reading& reading) {
    reading.kind = flag_of(fields, "is_procedure") ? "CREATE PROCEDURE" : "CREATE FUNCTION";
    add_named(reading, name_parts(list_of(fields, "funcname")), Names::other);
}

void alter_function(const object& fields, Reading& reading) {
    reading.kind = "ALTER " + std::string(object_kind(text_of(fields, "objtype")).words);
    add_named(reading, name_parts(list_of(object_of(fields, "func"), "objname")), Names::other);
}

void create_composite(const object& fields, Reading& reading) {
    reading.kind = "CREATE TYPE";
    add_relation(reading, object_of(fields, "typevar"), Names::other);
}

/// A value that is added can be used only after the commit.
void alter_enum(const object& fields, Reading& reading) {
    reading.kind = "ALTER TYPE";
    reading.alone = !fields.contains("oldVal");
    add_named(reading, name_parts(list_of(fields, "typeName")), Names::other);
}

/// CREATE AGGREGATE, OPERATOR, TYPE, COLLATION, TEXT SEARCH ….
void define(const object& fields, Reading& reading) {
    const auto& kind = read_object("CREATE", text_of(fields, "kind"), reading);
    add_named(reading, name_parts(list_of(fields, "defnames")), kind.names);
}

void create_schema(const object& fields, Reading& reading) {
    reading.kind = "CREATE SCHEMA";
    const auto schema = text_of(fields, "schemaname");
    check_schema(schema, reading.kind);
    for (const auto& element : list_of(fields, "schemaElts")) {
        auto read = read_statement(element);
        reading.alone = reading.alone || read.alone;
        for (auto& table : read.tables) {
            if (table.schema.empty()) table.schema = schema;
            reading.tables.push_back(std::move(table));
        }
    }
}

struct Rule {
    std::string_view node;
    void (*read)(const object&, Reading&);
};

/// Statements of which nothing but the kind and a name is of interest: that of what they make or change, no table.
struct NamedRule {
    std::string_view node;
    std::string_view kind;
    std::string_view field;
};

/// Statements of which nothing but the kind is of interest.
struct PlainRule {
    std::string_view node;
    std::string_view kind;
};

constexpr Rule rules[] = {
    {"AlterEnumStmt", alter_enum},
    {"AlterFunctionStmt", alter_function},
    {"AlterObjectDependsStmt", depends},
    {"AlterObjectSchemaStmt", set_schema},
    {"AlterPolicyStmt", alter_policy},
    {"AlterSeqStmt", alter_sequence},
    {"AlterTableStmt", alter_table},
    {"CommentStmt", comment},
    {"CompositeTypeStmt", create_composite},
    {"CreateFunctionStmt", create_function},
    {"CreatePolicyStmt", create_policy},
    {"CreateSchemaStmt", create_schema},
    {"CreateSeqStmt", create_sequence},
    {"CreateStatsStmt", create_statistics},
    {"CreateStmt", create_table},
    {"CreateTableAsStmt", create_materialized_view},
    {"CreateTrigStmt", create_trigger},
    {"DefineStmt", define},
    {"DropStmt", drop},
    {"IndexStmt", create_index},
    {"RenameStmt", rename},
    {"RuleStmt", create_rule},
    {"SelectStmt", select_into},
    {"ViewStmt", create_view},
};

constexpr NamedRule named_rules[] = {
    {"AlterDomainStmt", "ALTER DOMAIN", "typeName"}, {"AlterStatsStmt", "ALTER STATISTICS", "defnames"},
    {"AlterTypeStmt", "ALTER TYPE", "typeName"},     {"CreateDomainStmt", "CREATE DOMAIN", "domainname"},
    {"CreateEnumStmt", "CREATE TYPE", "typeName"},   {"CreateRangeStmt", "CREATE TYPE", "typeName"},
};

constexpr PlainRule plain_rules[] = {
    {"AlterExtensionContentsStmt", "ALTER EXTENSION"},
    {"AlterExtensionStmt", "ALTER EXTENSION"},
    {"AlterOperatorStmt", "ALTER OPERATOR"},
    {"AlterOpFamilyStmt", "ALTER OPERATOR FAMILY"},
    {"AlterTSConfigurationStmt", "ALTER TEXT SEARCH CONFIGURATION"},
    {"AlterTSDictionaryStmt", "ALTER TEXT SEARCH DICTIONARY"},
    {"CreateCastStmt", "CREATE CAST"},
    {"CreateConversionStmt", "CREATE CONVERSION"},
    {"CreateExtensionStmt", "CREATE EXTENSION"},
    {"CreateOpClassStmt", "CREATE OPERATOR CLASS"},
    {"CreateOpFamilyStmt", "CREATE OPERATOR FAMILY"},
};

template <typename Table>
const auto* find(const Table& table, std::string_view node) {
    const auto* const found =
        std::find_if(std::begin(table), std::end(table), [&](const auto& r) { return r.node == node; });
    return found == std::end(table) ? nullptr : found;
}

}  // namespace

Reading read_statement(const json::value& statement) {
    const auto node = named_node(statement);
    Reading reading;
    if (const auto* const rule = find(rules, node.name)) {
        rule->read(node.fields, reading);
    } else if (const auto* const named = find(named_rules, node.name)) {
        reading.kind = named->kind;
        add_named(reading, name_parts(list_of(node.fields, named->field)), Names::other);
    } else if (const auto* const plain = find(plain_rules, node.name)) {
        reading.kind = plain->kind;
    } else {
        refuse_node(node.name);
    }
    return reading;
}

}  // namespace tromp::statement
