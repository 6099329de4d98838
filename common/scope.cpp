#include "common/scope.hpp"

#include "common/error.hpp"
#include "common/sql_text.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <charconv>

namespace tromp {
namespace {

std::string visible(const std::string& xid, const Snapshot& snapshot) {
    return "pg_visible_in_snapshot(" + xid + ", " + quote_literal(snapshot.text()) + "::pg_snapshot)";
}

int parse_number(std::string_view text) {
    int number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) {
        throw Error("'" + std::string(text) + "' is not the number of a table");
    }
    return number;
}

}  // namespace

std::string numbers_of(const HeldTables& held) {
    std::vector<int> numbers;
    for (const auto& entry : held)
        numbers.push_back(entry.first);
    return array_text(numbers);
}

std::string except_tables(std::string_view alias, const HeldTables& held) {
    if (held.empty()) return "";
    return " AND " + std::string(alias) + ".tbl <> ALL ('" + numbers_of(held) + "'::integer[])";
}

std::string Scope::filter(std::string_view alias) const {
    if (!only) return except_tables(alias, held);
    const std::string row(alias);
    return " AND " + row + ".tbl = " + std::to_string(*only) + " AND " + visible(row + ".xid", until);
}

std::string Reading::is_read(std::string_view alias) const {
    const std::string row(alias);
    const auto by_link = visible(row + ".xid", link);
    if (held.empty()) return by_link;
    std::string sql = "CASE " + row + ".tbl";
    for (const auto& [table, snapshot] : held)
        sql += " WHEN " + std::to_string(table) + " THEN " + visible(row + ".xid", snapshot);
    return sql + " ELSE " + by_link + " END";
}

Comparing parse_comparing(std::string_view text) {
    const auto json = boost::json::parse(text);
    if (!json.is_object()) throw Error("'" + std::string(text) + "' does not tell which tables are being compared");
    Comparing comparing;
    for (const auto& entry : json.get_object()) {
        const auto& so_far = entry.value().as_object();
        const auto number = [&](const char* name) {
            const auto& value = so_far.at(name);
            return value.is_number() ? value.to_number<std::int64_t>() : 0;
        };
        const auto& after = so_far.at("after");
        comparing.emplace(
            parse_number(entry.key()),
            ComparedSoFar{after.is_string() ? std::string(after.get_string()) : "", number("rows"), number("expected"),
                          number("different"), number("bytes"), so_far.at("done").as_bool()});
    }
    return comparing;
}

bool is_comparing(const Comparing& tables) {
    return std::any_of(tables.begin(), tables.end(), [](const auto& entry) { return !entry.second.done; });
}

HeldTables parse_held_tables(std::string_view text) {
    const auto json = boost::json::parse(text);
    if (!json.is_object()) throw Error("'" + std::string(text) + "' does not tell what was read of held tables");
    HeldTables held;
    for (const auto& entry : json.get_object()) {
        if (!entry.value().is_string())
            throw Error("the position of held table " + std::string(entry.key()) + " is no text");
        held.emplace(parse_number(entry.key()), Snapshot::parse(entry.value().get_string()));
    }
    return held;
}

}  // namespace tromp
