#include "daemon/table_sql.hpp"

#include <algorithm>

namespace tromp {
namespace {

/// Grows by items separated by commas.
class List {
  public:
    void add(const std::string& item) { text_ += (text_.empty() ? "" : ", ") + item; }
    const std::string& text() const { return text_; }

  private:
    std::string text_;
};

bool is_staged_as_text(const ReplicatedTable& table, const Column& column) {
    return column.local && !column.large_object && !table.is_key(column.name);
}

// Compares the stored bytes, so it needs no operator of the type. Without the casts it would be a comparison by column.
std::string other_bytes(const List& here, const List& staged) {
    if (here.text().empty()) return "false";
    return "ROW(" + here.text() + ")::record OPERATOR(pg_catalog.*<>) ROW(" + staged.text() + ")::record";
}

void add_both(const ReplicatedTable& table, const Column& column, List& here, List& staged) {
    const auto name = quote_identifier(column.name);
    here.add("t." + name + (is_staged_as_text(table, column) ? "::text" : column.large_object ? "::oid" : ""));
    staged.add("r." + name);
}

std::string moving(const ReplicatedTable& table) {
    List here;
    List staged;
    for (const auto& column : table.columns) {
        const bool unique = std::find(table.unique_columns.begin(), table.unique_columns.end(), column.name) !=
                            table.unique_columns.end();
        if (!unique && (!column.fixed || table.is_key(column.name))) continue;
        add_both(table, column, here, staged);
    }
    return other_bytes(here, staged);
}

std::string differing(const TablePair& pair) {
    List here;
    List staged;
    for (const auto& column : pair.target.columns) {
        if (pair.shares(column.name) && !pair.target.is_key(column.name)) add_both(pair.target, column, here, staged);
    }
    return other_bytes(here, staged);
}

}  // namespace

std::string stage_name(const ReplicatedTable& table) {
    return "pg_temp.row_" + std::to_string(table.id);
}

std::string spared_name(const ReplicatedTable& table) {
    return "pg_temp.spared_" + std::to_string(table.id);
}

SqlValues table_sql(const TablePair& pair) {
    const auto& table = pair.target;
    List stage_columns;
    List staged;
    List assignments;
    List names;
    List texts;
    List casts;
    std::string same_key;
    List completions;
    for (const auto& column : table.columns) {
        const auto name = quote_identifier(column.name);
        const auto literal = quote_literal(column.name);
        const bool as_text = is_staged_as_text(table, column);
        const auto value = as_text ? input_sql(column, "r." + name) : "r." + name;
        stage_columns.add(as_text ? name + "::text" : column.large_object ? name + "::oid" : name);
        staged.add(value);
        if (table.is_key(column.name)) same_key += (same_key.empty() ? "t." : " AND t.") + name + " = r." + name;
        const bool shared = pair.shares(column.name);
        if (shared && !column.fixed && !table.is_key(column.name)) assignments.add(name + " = " + value);
        names.add(literal);
        texts.add("r." + name + "::text");
        const auto from_image = [&](const std::string& image) {
            const auto text = "(" + image + " ->> " + literal + ")";
            return as_text               ? text
                   : column.large_object ? text + "::oid"
                   : column.local        ? input_sql(column, text)
                                         : text + "::" + column.unlimited_type;
        };
        casts.add(from_image("h.row"));
        if (shared) continue;
        const std::string type = as_text ? "::text" : "";
        completions.add(name + " = CASE WHEN d.image IS NOT NULL THEN " + from_image("d.image") +
                        " WHEN d.here THEN t." + name + type + " ELSE (" +
                        (column.filler.empty() ? "NULL" : column.filler) + ")" + type + " END");
    }
    return {{"tbl", std::to_string(table.id)},
            {"table", table.quoted_name()},
            {"stage", stage_name(table)},
            {"keys", table.key_list("")},
            {"spared", spared_name(table)},
            {"match_spared", same_key},
            {"columns", pair.columns()},
            {"stage_columns", stage_columns.text()},
            {"columns_staged", staged.text()},
            {"assignments", assignments.text()},
            {"names", names.text()},
            {"texts", texts.text()},
            {"casts", casts.text()},
            {"completions", completions.text()},
            {"moving", moving(table)},
            {"differing", differing(pair)},
            {"match", table.key_match("t", "d")},
            {"match_staged", table.key_match("r", "d")},
            // A deferrable key cannot be the arbiter; its table is locked against inserts instead (lock_rows).
            {"on_conflict", table.deferrable_key ? "" : "ON CONFLICT (" + table.key_list("") + ") DO NOTHING"}};
}

SqlValues as_agreed(const std::vector<const ReplicatedTable*>& tables) {
    std::vector<std::string> relations;
    std::vector<std::string> shapes;
    std::vector<std::string> names;
    for (const ReplicatedTable* const table : tables) {
        relations.push_back(table->relation);
        shapes.push_back(table->shape);
        names.push_back(table->quoted_name());
    }
    return {{"relations", array_text(relations)}, {"shapes", array_text(shapes)}, {"names", array_text(names)}};
}

}  // namespace tromp
