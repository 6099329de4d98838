#include "ctl/table_shape.hpp"

#include <set>

#include <sql/embedded.hpp>

#include "common/table_pattern.hpp"

namespace tromp::ctl {
namespace {

template <class Value>
std::set<std::string> keys_of_both(const std::map<std::string, Value>& a, const std::map<std::string, Value>& b) {
    std::set<std::string> keys;
    for (const auto* map : {&a, &b}) {
        for (const auto& [key, value] : *map)
            keys.insert(key);
    }
    return keys;
}

std::optional<std::string> find(const std::map<std::string, std::string>& facts, const std::string& fact) {
    const auto found = facts.find(fact);
    if (found == facts.end()) return std::nullopt;
    return found->second;
}

}  // namespace

std::vector<Difference> differences(const Shape& here, const Shape& there) {
    constexpr auto replicated = "replicated";
    std::vector<Difference> result;
    for (const auto& table : keys_of_both(here, there)) {
        const auto ours = here.find(table);
        const auto theirs = there.find(table);
        if (theirs == there.end()) {
            result.push_back({table, "table", replicated, std::nullopt});
        } else if (ours == here.end()) {
            result.push_back({table, "table", std::nullopt, replicated});
        } else {
            for (const auto& fact : keys_of_both(ours->second, theirs->second)) {
                auto a = find(ours->second, fact);
                auto b = find(theirs->second, fact);
                if (a != b) result.push_back({table, fact, std::move(a), std::move(b)});
            }
        }
    }
    return result;
}

boost::asio::awaitable<Shape> read_shape(pg::Connection& connection) {
    const auto rows = co_await connection.query(std::string(sql::tables_shape));
    Shape shape;
    for (int row = 0; row < rows.rows(); ++row) {
        const auto schema = rows.at(row, "schema_name");
        const auto table = schema.empty() ? std::string() : qualified_name(schema, rows.at(row, "table_name"));
        shape[table][std::string(rows.at(row, "fact"))] = rows.at(row, "value");
    }
    co_return shape;
}

}  // namespace tromp::ctl
