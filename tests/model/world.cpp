#include "tests/model/world.hpp"

#include <algorithm>

namespace tromp::model {
namespace {

// Everything gets from one end of the largest tree to the other in a few rounds; more is wrong.
constexpr int most_rounds = 40;

}  // namespace

World::World(std::size_t keys, const std::vector<std::size_t>& parents, const Rules& rules) : rules_(rules) {
    for (std::size_t node = 0; node <= parents.size(); ++node)
        nodes_.emplace_back(static_cast<int>(node) + 1, keys);
    Link link;
    link.ahead.resize(keys);
    for (std::size_t node = 0; node < parents.size(); ++node) {
        auto& child = nodes_[node + 1];
        auto& parent = nodes_.at(parents[node]);
        child.links.emplace(parent.number, link);
        parent.links.emplace(child.number, link);
    }
}

void World::exchange(Node& reader, Node& source) {
    recheck(reader, source, rules_, ledger_);
    pull(reader, source, rules_, std::nullopt);
    look(reader, source, rules_);
    apply(reader, source, rules_, ledger_);
    recheck(reader, source, rules_, ledger_);
}

bool World::is_drained() const {
    return std::all_of(nodes_.begin(), nodes_.end(), [](const Node& node) {
        return node.truncates.empty() &&
               std::all_of(node.logs.begin(), node.logs.end(), [](const Events& log) { return log.empty(); }) &&
               std::all_of(node.links.begin(), node.links.end(),
                           [](const auto& link) { return !link.second.incoming && link.second.unlocked.empty(); });
    });
}

void World::drain() {
    for (auto& node : nodes_) {
        while (true) {
            const auto user = std::find_if(node.open.begin(), node.open.end(),
                                           [](const auto& transaction) { return !transaction.second.changes.empty(); });
            if (user == node.open.end()) break;
            node.commit(user->first, ledger_);
        }
    }
    // What holds locks first: a batch that was pulled may wait for them.
    for (auto& node : nodes_) {
        for (auto& link : node.links)
            apply(node, by_number(link.first), rules_, ledger_);
    }
    for (int round = 0; round < most_rounds && !is_drained(); ++round) {
        for (auto& node : nodes_) {
            for (auto& link : node.links)
                exchange(node, by_number(link.first));
        }
        for (auto& node : nodes_)
            prune(node, rules_);
    }
}

std::string World::verdict() const {
    if (!is_drained()) return "events are left in a log";
    std::vector<Image> final;
    for (const auto& node : nodes_) {
        for (std::size_t key = 0; key < node.rows.size(); ++key) {
            const auto& row = node.rows[key];
            const auto& first = nodes_[0].rows[key];
            if (row.present != first.present || (row.present && row != first)) {
                return "nodes 1 and " + std::to_string(node.number) + " differ in key " + std::to_string(key);
            }
            final.push_back(row);
        }
    }
    return ledger_.verdict(final);
}

}  // namespace tromp::model
