#include "daemon/table_sql.hpp"

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

std::string moving(const ReplicatedTable& table) {
    if (table.unique_columns.empty()) return "false";
    List here;
    List staged;
    for (const auto& column : table.unique_columns) {
        here.add("t." + quote_identifier(column));
        staged.add("r." + quote_identifier(column));
    }
    // Compares the stored bytes, so it needs no operator of the type. Without the casts it would be a comparison by
    // column.
    return "ROW(" + here.text() + ")::record OPERATOR(pg_catalog.*<>) ROW(" + staged.text() + ")::record";
}

}  // namespace

std::string stage_name(const ReplicatedTable& table) {
    return "pg_temp.row_" + std::to_string(table.id);
}

SqlValues table_sql(const TablePair& pair) {
    const auto& table = pair.target;
    List staged;
    List assignments;
    List names;
    List texts;
    List casts;
    for (const auto& column : table.columns) {
        const auto name = quote_identifier(column.name);
        const auto literal = quote_literal(column.name);
        staged.add("r." + name);
        if (!column.fixed && !table.is_key(column.name)) assignments.add(name + " = r." + name);
        names.add(literal);
        texts.add("r." + name + "::text");
        casts.add("(h.row ->> " + literal + ")::" + column.type);
    }
    return {{"tbl", std::to_string(table.id)},
            {"table", table.quoted_name()},
            {"stage", stage_name(table)},
            {"keys", table.key_list("")},
            {"columns", pair.columns()},
            {"columns_staged", staged.text()},
            {"assignments", assignments.text()},
            {"names", names.text()},
            {"texts", texts.text()},
            {"casts", casts.text()},
            {"moving", moving(table)},
            {"match", table.key_match("t", "d")},
            {"match_staged", table.key_match("r", "d")},
            // A deferrable key cannot be the arbiter; its table is locked against inserts instead (lock_rows).
            {"on_conflict", table.deferrable_key ? "" : "ON CONFLICT (" + table.key_list("") + ") DO NOTHING"}};
}

}  // namespace tromp
