#include "common/span.hpp"

#include "common/error.hpp"
#include "common/object_sql.hpp"
#include "common/sql_text.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace tromp {
namespace {

std::string list(const std::vector<std::string>& parts, std::string_view separator = ", ") {
    std::string text;
    for (const auto& part : parts)
        text += (text.empty() ? "" : std::string(separator)) + part;
    return text;
}

std::string columns(const std::vector<WalkColumn>& walk) {
    std::vector<std::string> names;
    for (const auto& column : walk)
        names.push_back("t." + quote_identifier(column.name));
    return list(names);
}

std::string values(const std::vector<WalkColumn>& walk, const Bound& bound, bool collated) {
    std::vector<std::string> parts;
    for (std::size_t i = 0; i < walk.size(); ++i)
        parts.push_back(quote_literal(bound.at(i)) + "::" + walk[i].type + (collated ? walk[i].collation : ""));
    return "(" + list(parts) + ")";
}

/// As replication.key_expression has it, which a neighbour's role may not call.
std::string key_part(const Column& column) {
    constexpr std::array<std::string_view, 6> plain{"boolean", "smallint", "integer", "bigint", "numeric", "text"};
    const auto name = "t." + quote_identifier(column.name);
    if (!column.local && std::find(plain.begin(), plain.end(), column.unlimited_type) != plain.end()) return name;
    return column.local ? "format('%s', " + name + ")" : name + "::text";
}

std::string bytes_to_hash(const std::string& text, bool recoded) {
    return recoded ? "convert_to(" + text + ", 'UTF8')" : text;
}

char unescaped(char c) {
    constexpr std::string_view letters = "bfnrtv";
    constexpr std::string_view meant = "\b\f\n\r\t\v";
    const auto at = letters.find(c);
    return at == std::string_view::npos ? c : meant[at];
}

std::optional<std::string> copy_field(std::string_view text) {
    if (text == "\\N") return std::nullopt;
    std::string field;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool escaped = text[i] == '\\' && i + 1 < text.size();
        field += escaped ? unescaped(text[++i]) : text[i];
    }
    return field;
}

}  // namespace

std::vector<WalkColumn> walk_of(const std::vector<std::string>& key, const std::vector<ColumnOrder>& here,
                                const std::vector<ColumnOrder>& there) {
    std::vector<WalkColumn> walk;
    for (std::size_t i = 0; i < std::min({key.size(), here.size(), there.size()}); ++i) {
        const bool alike = here[i].type == there[i].type && here[i].sorted && here[i].sorted == there[i].sorted;
        if (!alike) break;
        walk.push_back({key[i], here[i].type, here[i].collation});
    }
    return walk;
}

std::string span_sql(const std::vector<WalkColumn>& walk, const Span& span) {
    std::string sql;
    const auto side = [&](const std::optional<Bound>& bound, const char* comparison) {
        if (!bound) return;
        sql += (sql.empty() ? "" : " AND ") + ("(" + columns(walk) + ")" + comparison + values(walk, *bound, false));
    };
    side(span.after, " > ");
    side(span.up_to, " <= ");
    return sql.empty() ? "true" : sql;
}

std::string bound_sql(const std::vector<WalkColumn>& walk, const Bound& bound) {
    return values(walk, bound, true);
}

std::string Cursor::text() const {
    return boost::json::serialize(
        boost::json::object{{"columns", boost::json::value_from(columns)}, {"values", boost::json::value_from(bound)}});
}

Cursor parse_cursor(std::string_view text) {
    try {
        const auto json = boost::json::parse(text);
        Cursor cursor;
        cursor.columns = boost::json::value_to<std::vector<std::string>>(json.at("columns"));
        cursor.bound = boost::json::value_to<Bound>(json.at("values"));
        if (cursor.columns.empty() || cursor.columns.size() != cursor.bound.size()) throw Error("it names no key");
        return cursor;
    } catch (const std::exception& error) {
        throw Error("'" + std::string(text) + "' does not tell how far a table was compared: " + error.what());
    }
}

std::string up_to_sql(const ReplicatedTable& table, const Cursor& cursor) {
    std::vector<WalkColumn> walk;
    for (const auto& name : cursor.columns) {
        const auto column = std::find_if(table.columns.begin(), table.columns.end(),
                                         [&](const Column& candidate) { return candidate.name == name; });
        if (!table.is_key(name) || column == table.columns.end()) return "false";
        walk.push_back({name, column->unlimited_type, ""});
    }
    return span_sql(walk, {{}, cursor.bound});
}

std::string order_sql(const std::vector<WalkColumn>& walk) {
    return columns(walk);
}

std::string next_bound_sql(const std::vector<WalkColumn>& walk) {
    std::vector<std::string> parts;
    for (std::size_t i = 0; i < walk.size(); ++i)
        parts.push_back("t." + quote_identifier(walk[i].name) + "::text AS b" + std::to_string(i));
    return list(parts);
}

std::string row_hash_sql(const TablePair& pair, bool recoded) {
    std::vector<std::string> parts;
    for (const auto& column : pair.target.columns) {
        if (!pair.shares(column.name)) continue;
        parts.push_back(column.large_object ? object_digest(column.name) : "t." + quote_identifier(column.name));
    }
    return "('x' || left(md5(" + bytes_to_hash("ROW(" + list(parts) + ")::text", recoded) + "), 15))::bit(60)::bigint";
}

KeySql key_sql(const ReplicatedTable& table, bool recoded) {
    KeySql sql;
    std::vector<std::string> parts;
    std::vector<std::string> identities;
    bool spelt_in_ways = false;  // 1.0 and 1.00 are the same key
    for (const auto& name : table.key) {
        const auto& column = *std::find_if(table.columns.begin(), table.columns.end(),
                                           [&](const Column& candidate) { return candidate.name == name; });
        const bool decimal = column.unlimited_type == "numeric";
        spelt_in_ways = spelt_in_ways || decimal;
        parts.push_back(key_part(column));
        identities.push_back(decimal ? "trim_scale(" + parts.back() + ")" : parts.back());
    }
    const auto identity = "jsonb_build_array(" + list(identities) + ")";
    sql.nr = table.integer_key ? "t." + quote_identifier(table.key.at(0)) : "NULL";
    sql.key = table.integer_key ? "NULL" : "jsonb_build_array(" + list(parts) + ")";
    sql.identity = spelt_in_ways ? identity : "NULL";
    sql.bucket = "('x' || left(md5(" + bytes_to_hash(identity + "::text", recoded) + "), 8))::bit(32)::integer";
    return sql;
}

std::int64_t next_span_rows(std::int64_t rows, double seconds) {
    constexpr double aim = 0.4;
    constexpr std::int64_t least = 2000;
    constexpr std::int64_t most = 200'000;
    const double factor = std::clamp(aim / std::max(seconds, 0.001), 0.25, 4.0);
    return std::clamp(std::llround(static_cast<double>(rows) * factor), static_cast<long long>(least),
                      static_cast<long long>(most));
}

std::vector<std::optional<std::string>> copy_fields(std::string_view line, std::size_t count) {
    std::vector<std::optional<std::string>> fields;
    if (line.ends_with('\n')) line.remove_suffix(1);
    for (;;) {
        const auto end = line.find('\t');
        fields.push_back(copy_field(line.substr(0, end)));
        if (end == std::string_view::npos) break;
        line.remove_prefix(end + 1);
    }
    if (fields.size() != count) throw Error("a line of COPY has " + std::to_string(fields.size()) + " fields");
    return fields;
}

}  // namespace tromp
