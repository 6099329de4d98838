#include "common/replicated_table.hpp"

#include "common/sql_text.hpp"

#include <boost/json.hpp>
#include <sql/embedded.hpp>

#include <algorithm>

namespace tromp {
namespace {

namespace json = boost::json;

std::string list(const std::vector<std::string>& parts, std::string_view separator) {
    std::string text;
    for (const auto& part : parts) {
        if (!text.empty()) text += separator;
        text += part;
    }
    return text;
}

const Column* find_column(const ReplicatedTable& table, std::string_view name) {
    const auto found =
        std::find_if(table.columns.begin(), table.columns.end(), [&](const Column& c) { return c.name == name; });
    return found == table.columns.end() ? nullptr : &*found;
}

bool generates(const ReplicatedTable& table, const std::string& column) {
    return std::find(table.generated.begin(), table.generated.end(), column) != table.generated.end();
}

/// How the two tables differ, in words; empty where a row of one fits the other.
std::string difference(const ReplicatedTable& source, const ReplicatedTable& target, const std::string& source_name,
                       bool passes_on) {
    std::vector<std::string> found;
    if (source.inherits || target.inherits) {
        found.push_back("it takes part in table inheritance " + (source.inherits ? "at " + source_name : "here") +
                        ", whose changes triggers cannot see right");
    }
    if (source.key != target.key) {
        found.push_back("the key is (" + list(source.key, ", ") + ") at " + source_name + ", but (" +
                        list(target.key, ", ") + ") here");
    }
    for (const auto& column : source.columns) {
        const Column* const other = find_column(target, column.name);
        if (generates(target, column.name)) {
            found.push_back("column " + column.name + " is generated here, but not at " + source_name);
        } else if (other == nullptr && passes_on) {
            found.push_back("column " + column.name +
                            " is missing here, and its values would be lost on the way to other neighbours");
        } else if (other == nullptr) {
            continue;
        } else if (other->type != column.type) {
            found.push_back("column " + column.name + " is " + column.type + " at " + source_name + ", but " +
                            other->type + " here");
        }
    }
    for (const auto& column : target.columns) {
        if (generates(source, column.name)) {
            found.push_back("column " + column.name + " is generated at " + source_name + ", but not here");
        } else if (find_column(source, column.name) == nullptr && !column.optional) {
            found.push_back("column " + column.name + " is missing at " + source_name +
                            ", and here it must have a value, but has no default");
        }
    }
    if (source.large_objects != target.large_objects) {
        found.push_back("its large objects are in (" + list(source.large_objects, ", ") + ") at " + source_name +
                        ", but in (" + list(target.large_objects, ", ") +
                        ") here: make `large_objects` the same in both files and run trompctl init");
    }
    if (source.resolution != target.resolution) {
        found.push_back("its conflicts are resolved by '" + source.resolution + "' at " + source_name + ", but by '" +
                        target.resolution + "' here: make `conflicts` the same in both files and run trompctl init");
    }
    return list(found, "; ");
}

}  // namespace

std::string input_sql(const Column& column, const std::string& expression) {
    // A cast to a domain cuts off silently what is too long for it. As an element of an array it is read as any input.
    if (column.local && !column.type.ends_with("[]"))
        return "(ARRAY[" + expression + "]::text::" + column.type + "[])[1]";
    return expression + "::" + column.type;
}

std::string ReplicatedTable::quoted_name() const {
    return quote_identifier(schema) + "." + quote_identifier(name);
}

std::string ReplicatedTable::key_match(std::string_view row, std::string_view key_row) const {
    if (integer_key) return std::string(row) + "." + quote_identifier(key[0]) + " = " + std::string(key_row) + ".nr";
    std::vector<std::string> parts;
    for (std::size_t i = 0; i < key.size(); ++i) {
        const auto text = "(" + std::string(key_row) + ".key->>" + std::to_string(i) + ")";
        parts.push_back(std::string(row) + "." + quote_identifier(key[i]) + " = " +
                        input_sql(*find_column(*this, key[i]), text));
    }
    return list(parts, " AND ");
}

std::string ReplicatedTable::key_list(std::string_view row) const {
    std::vector<std::string> parts;
    for (const auto& column : key)
        parts.push_back((row.empty() ? "" : std::string(row) + ".") + quote_identifier(column));
    return list(parts, ", ");
}

bool ReplicatedTable::is_key(std::string_view column) const {
    return std::find(key.begin(), key.end(), column) != key.end();
}

bool ReplicatedTable::has_fixed_columns() const {
    return std::any_of(columns.begin(), columns.end(), [&](const Column& c) { return c.fixed && !is_key(c.name); });
}

TablePair::TablePair(ReplicatedTable source_table, ReplicatedTable target_table)
    : source(std::move(source_table)), target(std::move(target_table)) {
    for (const auto& column : source.columns)
        lacking.insert(column.name);
    for (const auto& column : target.columns) {
        if (lacking.erase(column.name) == 0) lacking.insert(column.name);
    }
    loses_columns =
        std::any_of(source.columns.begin(), source.columns.end(), [&](const Column& c) { return !shares(c.name); });
}

std::string TablePair::columns() const {
    std::vector<std::string> parts;
    for (const auto& column : target.columns)
        parts.push_back(quote_identifier(column.name));
    return list(parts, ", ");
}

std::string TablePair::shared_columns() const {
    std::vector<std::string> parts;
    for (const auto& column : target.columns) {
        if (shares(column.name)) parts.push_back(quote_identifier(column.name));
    }
    return list(parts, ", ");
}

pg::asio::awaitable<TableMap> read_tables(pg::Connection& connection) {
    const auto result = co_await connection.query(std::string(sql::replicated_tables));
    TableMap tables;
    for (int row = 0; row < result.rows(); ++row) {
        ReplicatedTable table;
        table.id = static_cast<int>(result.number(row, "id"));
        table.relation = result.at(row, "relation");
        table.schema = result.at(row, "schema_name");
        table.name = result.at(row, "table_name");
        const auto key = json::parse(result.at(row, "key_columns"));
        for (const auto& name : key.as_array())
            table.key.emplace_back(name.as_string());
        table.integer_key = result.boolean(row, "integer_key");
        table.deferrable_key = result.boolean(row, "deferrable_key");
        table.deferrable = result.boolean(row, "deferrable");
        table.inherits = result.boolean(row, "inherits");
        table.resolution =
            std::string(result.at(row, "resolver")) + ", " + std::string(result.at(row, "delete_resolver"));
        if (result.at(row, "priority") != "{}") table.resolution += ", " + std::string(result.at(row, "priority"));
        if (const auto strength = result.optional_at(row, "strength")) table.resolution += ", " + *strength;
        if (result.at(row, "orphans") != "report")
            table.resolution += ", orphans: " + std::string(result.at(row, "orphans"));
        if (!result.optional_at(row, "columns")) {
            table.defect = "is gone; take it out with trompctl tables remove " + table.display_name();
            const int gone = table.id;
            tables.emplace(gone, std::move(table));
            continue;
        }
        const auto large_objects = json::parse(result.at(row, "large_objects"));
        for (const auto& name : large_objects.as_array())
            table.large_objects.emplace_back(name.as_string());
        const auto columns = json::parse(result.at(row, "columns"));
        for (const auto& column : columns.as_array()) {
            const auto& object = column.as_object();
            table.columns.push_back(
                {std::string(object.at("name").as_string()), std::string(object.at("type").as_string()),
                 std::string(object.at("unlimited_type").as_string()), object.at("fixed").as_bool(),
                 object.at("local").as_bool(), false, object.at("optional").as_bool(),
                 object.at("filler").is_null() ? "" : std::string(object.at("filler").as_string())});
            auto& column_read = table.columns.back();
            column_read.large_object = std::find(table.large_objects.begin(), table.large_objects.end(),
                                                 column_read.name) != table.large_objects.end();
        }
        const auto generated = json::parse(result.at(row, "generated"));
        for (const auto& name : generated.as_array())
            table.generated.emplace_back(name.as_string());
        for (const auto& column : table.key) {
            if (find_column(table, column) == nullptr)
                table.defect = "has lost its key column " + column + "; run trompctl init";
        }
        const auto unique = json::parse(result.at(row, "unique_columns"));
        for (const auto& name : unique.as_array())
            table.unique_columns.emplace_back(name.as_string());
        table.shape = result.at(row, "shape");
        const int id = table.id;
        tables.emplace(id, std::move(table));
    }
    co_return tables;
}

std::vector<int> TableFit::numbers() const {
    std::vector<int> all;
    for (const auto& entry : pairs)
        all.push_back(entry.first);
    for (const auto& misfit : misfits)
        all.push_back(misfit.id);
    return all;
}

TableFit fit_tables(const TableMap& source, const TableMap& target, const std::string& source_name, bool passes_on) {
    TableFit fit;
    const auto misfit = [&](const ReplicatedTable& table, std::string reason) {
        fit.misfits.push_back({table.id, table.schema, table.name, std::move(reason)});
    };
    for (const auto& source_entry : source) {
        const auto& table = source_entry.second;
        const auto same_name = [&](const auto& entry) {
            return entry.second.schema == table.schema && entry.second.name == table.name;
        };
        const auto found = std::find_if(target.begin(), target.end(), same_name);
        if (found == target.end()) {
            misfit(table, "table " + table.display_name() + " is replicated at " + source_name +
                              " but not here: create it, add it to `tables` and run trompctl init");
        } else if (!table.defect.empty() || !found->second.defect.empty()) {
            const bool there = !table.defect.empty();
            misfit(table, "table " + table.display_name() + (there ? " at " + source_name + " " : " here ") +
                              (there ? table.defect : found->second.defect));
        } else if (const auto words = difference(table, found->second, source_name, passes_on); !words.empty()) {
            misfit(table, "table " + table.display_name() + " differs from the one at " + source_name + ": " + words);
        } else {
            fit.pairs.emplace(table.id, TablePair(table, found->second));
        }
    }
    return fit;
}

}  // namespace tromp
