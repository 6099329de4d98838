#include "tests/system/verify.hpp"

#include <algorithm>

#include "tests/support/catch.hpp"

namespace tromp::test {

namespace json = boost::json;

json::object verdict(const json::value& answer, const std::string& table) {
    json::object found;
    int times = 0;
    const auto& tables = answer.as_array();
    for (const auto& entry : tables) {
        if (entry.at("table").as_string() != table) continue;
        found = entry.as_object();
        ++times;
    }
    INFO(json::serialize(answer));
    REQUIRE(times == 1);
    return found;
}

std::string figures(const json::object& verdict) {
    std::string text;
    for (const auto* const name : {"missing_here", "missing_there", "different", "held", "on_the_way"})
        text += (text.empty() ? "" : ", ") + json::serialize(verdict.at(name));
    return text;
}

std::vector<std::string> differing(const json::object& verdict) {
    std::vector<std::string> keys;
    const auto& rows = verdict.at("keys").as_array();
    for (const auto& row : rows)
        keys.push_back(json::serialize(row.at("key")) + " " + std::string(row.at("what").as_string()));
    std::sort(keys.begin(), keys.end());
    return keys;
}

json::value verify(const Node& node, int exit) {
    const auto output = node.ctl({"--json", "verify"});
    INFO(output.out << output.err);
    REQUIRE(output.exit_code == exit);
    return json::parse(output.out);
}

std::future<Output> begin_verify(const Node& node, const Argv& arguments) {
    return std::async(std::launch::async, [&node, arguments] { return node.ctl(arguments); });
}

}  // namespace tromp::test
