#include "daemon/reach.hpp"

#include "common/error.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>

namespace tromp {
namespace {

namespace json = boost::json;

// A tree of max_nodes cannot be larger; who says more is not to be trusted.
constexpr std::size_t most_nodes = 1000;
constexpr std::size_t longest_name = 63;

// Microseconds. A database of which nothing was heard for longer may have been given up, and its number given to
// another.
constexpr std::int64_t may_be_gone = 3'600'000'000;

Reached reached_from(const json::object& object) {
    Reached reached;
    reached.node = object.at("node").to_number<int>();
    reached.name = object.at("name").as_string();
    reached.incarnation = object.at("incarnation").as_string();
    const auto& path = object.at("path").as_array();
    for (const auto& node : path)
        reached.path.push_back(node.to_number<int>());
    reached.fresh = object.at("fresh").to_number<std::int64_t>();
    if (reached.path.empty() || reached.path.size() > most_nodes || reached.path.back() != reached.node ||
        reached.name.size() > longest_name) {
        throw Error("an entry makes no sense");
    }
    return reached;
}

Reach reach_from(const json::value& value) {
    Reach reach;
    for (const auto& entry : value.as_array())
        reach.push_back(reached_from(entry.as_object()));
    if (reach.empty() || reach.size() > most_nodes) throw Error("it names " + std::to_string(reach.size()) + " nodes");
    return reach;
}

auto understood(const auto& parse) {
    try {
        return parse();
    } catch (const std::exception& error) {
        throw Error("what is told of the tree cannot be understood: " + std::string(error.what()));
    }
}

std::string way(const std::vector<int>& nodes) {
    std::string text;
    for (const int node : nodes)
        text += (text.empty() ? "" : " - ") + std::to_string(node);
    return text;
}

using Edge = std::pair<int, int>;

Edge edge(int one, int other) {
    return {std::max(one, other), std::min(one, other)};
}

/// `ring` begins and ends with one node.
bool is_highest(const Edge& link, const std::vector<int>& ring) {
    for (std::size_t i = 1; i < ring.size(); ++i) {
        if (edge(ring[i - 1], ring[i]) > link) return false;
    }
    return true;
}

std::string used_twice(const Reached& node, const std::vector<int>& path) {
    return "node number " + std::to_string(node.node) + " is used by two databases: the one reached by " + way(path) +
           " is another one (or was set up anew); give one of them another number";
}

std::string closes_ring(int neighbour, const std::vector<int>& ring) {
    return "the link with node " + std::to_string(neighbour) + " closes a ring: " + way(ring) +
           "; links must form a tree, so remove one of these links (trompctl remove) at both its ends";
}

}  // namespace

Reach parse_reach(std::string_view text) {
    return understood([&] { return reach_from(json::parse(text)); });
}

std::map<int, Reach> parse_reaches(std::string_view text) {
    return understood([&] {
        std::map<int, Reach> reaches;
        const auto value = json::parse(text);
        for (const auto& [neighbour, reach] : value.as_object())
            reaches.emplace(std::stoi(std::string(neighbour)), reach_from(reach));
        return reaches;
    });
}

bool same_tree(const Reach& one, const Reach& other) {
    return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                      [](const Reached& a, const Reached& b) { return a.same_place(b); });
}

std::string refuse_link(const Place& here, int neighbour, const Reach& reach) {
    const auto now = reach.front().fresh;
    const auto still_there = [&](const Reached& node) { return now - node.fresh < may_be_gone; };
    for (const auto& there : reach) {
        std::vector<int> path{here.node};
        path.insert(path.end(), there.path.begin(), there.path.end());
        if (there.node == here.node) {
            if (there.incarnation != here.incarnation) {
                if (still_there(there)) return used_twice(there, path);
                continue;
            }
            // The ring's other end is at a link of ours; where that is gone, somebody has not heard of it yet.
            const int last = path.at(path.size() - 2);
            const bool closed = here.others.contains(last);
            const bool ours = !here.accepted || is_highest(edge(here.node, neighbour), path);
            if (closed && ours) return closes_ring(neighbour, path);
            continue;
        }
        for (const auto& other : here.others) {
            for (const auto& known : other.second) {
                if (known.node == there.node && known.incarnation != there.incarnation && still_there(known) &&
                    still_there(there)) {
                    return used_twice(there, path);
                }
            }
        }
    }
    return "";
}

}  // namespace tromp
