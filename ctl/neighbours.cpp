#include "ctl/neighbours.hpp"

#include <algorithm>

#include <sql/embedded.hpp>

#include "common/error.hpp"

namespace tromp::ctl {

std::string to_string(const NodeName& node) {
    return std::to_string(node.node) + " (" + node.name + ")";
}

NodeName find_neighbour(std::string_view word, const std::vector<NodeName>& neighbours) {
    std::string known;
    for (const auto& neighbour : neighbours) {
        if (neighbour.name == word || std::to_string(neighbour.node) == word) return neighbour;
        known += (known.empty() ? "" : ", ") + to_string(neighbour);
    }
    throw Error("'" + std::string(word) + "' is not a neighbour of this node; " +
                    (known.empty() ? "it has none" : "it has " + known),
                Exit::usage);
}

std::vector<NodeName> neighbours_of(const Config& config) {
    std::vector<NodeName> names;
    for (const auto& neighbour : config.neighbours)
        names.push_back({neighbour.node, neighbour.name});
    return names;
}

const Neighbour& reachable_neighbour(const Config& config, int node, std::string_view instead) {
    const auto& all = config.neighbours;
    const auto found = std::find_if(all.begin(), all.end(), [&](const Neighbour& other) { return other.node == node; });
    if (found != all.end() && found->database) return *found;
    const auto name = found == all.end() ? std::to_string(node) : to_string(NodeName{node, found->name});
    throw Error("neighbour " + name + " has no `database` in " + config.file + "; " + std::string(instead),
                Exit::usage);
}

boost::asio::awaitable<std::vector<NodeName>> neighbours_of(pg::Connection& connection) {
    const auto rows = co_await connection.query(std::string(sql::neighbours));
    std::vector<NodeName> names;
    for (int row = 0; row < rows.rows(); ++row) {
        names.push_back({static_cast<int>(rows.number(row, "node")), std::string(rows.at(row, "name"))});
    }
    co_return names;
}

}  // namespace tromp::ctl
