#include "common/statement_object.hpp"

#include <algorithm>
#include <string>

#include "common/error.hpp"

namespace tromp::statement {
namespace {

using enum ObjectKind::Names;

constexpr ObjectKind kinds[] = {
    {"OBJECT_ACCESS_METHOD", "ACCESS METHOD", each_nodes, ""},
    {"OBJECT_AGGREGATE", "AGGREGATE", other, ""},
    {"OBJECT_ATTRIBUTE", "ATTRIBUTE", other, "TYPE"},
    {"OBJECT_CAST", "CAST", other, ""},
    {"OBJECT_COLLATION", "COLLATION", other, ""},
    {"OBJECT_COLUMN", "COLUMN", of_table, "TABLE"},
    {"OBJECT_CONVERSION", "CONVERSION", other, ""},
    {"OBJECT_DATABASE", "DATABASE", each_nodes, ""},
    {"OBJECT_DOMAIN", "DOMAIN", other, ""},
    {"OBJECT_DOMCONSTRAINT", "CONSTRAINT", other, "DOMAIN"},
    {"OBJECT_EVENT_TRIGGER", "EVENT TRIGGER", each_nodes, ""},
    {"OBJECT_EXTENSION", "EXTENSION", other, ""},
    {"OBJECT_FDW", "FOREIGN DATA WRAPPER", each_nodes, ""},
    {"OBJECT_FOREIGN_SERVER", "SERVER", each_nodes, ""},
    {"OBJECT_FOREIGN_TABLE", "FOREIGN TABLE", each_nodes, ""},
    {"OBJECT_FUNCTION", "FUNCTION", other, ""},
    {"OBJECT_INDEX", "INDEX", other, ""},
    {"OBJECT_LANGUAGE", "LANGUAGE", each_nodes, ""},
    {"OBJECT_LARGEOBJECT", "LARGE OBJECT", each_nodes, ""},
    {"OBJECT_MATVIEW", "MATERIALIZED VIEW", other, ""},
    {"OBJECT_OPCLASS", "OPERATOR CLASS", other, ""},
    {"OBJECT_OPERATOR", "OPERATOR", other, ""},
    {"OBJECT_OPFAMILY", "OPERATOR FAMILY", other, ""},
    {"OBJECT_POLICY", "POLICY", of_table, ""},
    {"OBJECT_PROCEDURE", "PROCEDURE", other, ""},
    {"OBJECT_PUBLICATION", "PUBLICATION", each_nodes, ""},
    {"OBJECT_ROLE", "ROLE", each_nodes, ""},
    {"OBJECT_ROUTINE", "ROUTINE", other, ""},
    {"OBJECT_RULE", "RULE", of_table, ""},
    {"OBJECT_SCHEMA", "SCHEMA", schema, ""},
    {"OBJECT_SEQUENCE", "SEQUENCE", other, ""},
    {"OBJECT_STATISTIC_EXT", "STATISTICS", other, ""},
    {"OBJECT_SUBSCRIPTION", "SUBSCRIPTION", each_nodes, ""},
    {"OBJECT_TABCONSTRAINT", "CONSTRAINT", of_table, "TABLE"},
    {"OBJECT_TABLE", "TABLE", table, ""},
    {"OBJECT_TABLESPACE", "TABLESPACE", each_nodes, ""},
    {"OBJECT_TRANSFORM", "TRANSFORM", each_nodes, ""},
    {"OBJECT_TRIGGER", "TRIGGER", of_table, ""},
    {"OBJECT_TSCONFIGURATION", "TEXT SEARCH CONFIGURATION", other, ""},
    {"OBJECT_TSDICTIONARY", "TEXT SEARCH DICTIONARY", other, ""},
    {"OBJECT_TSPARSER", "TEXT SEARCH PARSER", other, ""},
    {"OBJECT_TSTEMPLATE", "TEXT SEARCH TEMPLATE", other, ""},
    {"OBJECT_TYPE", "TYPE", other, ""},
    {"OBJECT_USER_MAPPING", "USER MAPPING", each_nodes, ""},
    {"OBJECT_VIEW", "VIEW", other, ""},
};

}  // namespace

const ObjectKind& object_kind(std::string_view type) {
    const auto* const found =
        std::find_if(std::begin(kinds), std::end(kinds), [&](const ObjectKind& kind) { return kind.type == type; });
    if (found == std::end(kinds))
        throw Error("a statement about " + std::string(type) +
                    " is none that this program knows: run it directly at every node");
    return *found;
}

}  // namespace tromp::statement
