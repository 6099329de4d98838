#include "tests/model/moving_tree.hpp"

#include "tests/model/comparison.hpp"
#include "tests/model/greeting.hpp"
#include "tests/model/replication.hpp"

#include <algorithm>

namespace tromp::model {
namespace {

constexpr int most_rounds = 120;
constexpr std::int64_t numbers_of_a_start = 10000;  // more than are drawn in one

int held_rows(const Node& node) {
    return static_cast<int>(
        std::count_if(node.held.begin(), node.held.end(), [](const auto& row) { return row.has_value(); }));
}

}  // namespace

Node& MovingTree::add_node(std::int64_t skew) {
    nodes_.emplace_back(static_cast<int>(nodes_.size()) + 1, keys_);
    nodes_.back().boots = {{++names_, 0}};
    skews_.push_back(skew);
    return nodes_.back();
}

void MovingTree::connect(Node& one, Node& other, bool both_empty) {
    for (auto* const node : {&one, &other}) {
        Link link;
        link.ahead.resize(keys_);
        link.bond.name = ++names_;
        link.bond.knows = 0;
        link.bond.whole = link.bond.behind = false;
        node->links.emplace(node == &one ? other.number : one.number, link);
    }
    auto& mine = one.links.at(other.number).bond;
    auto& its = other.links.at(one.number).bond;
    mine.seen.reset();
    its.seen.reset();
    born_[{one.number, other.number}] = born_[{other.number, one.number}] = ++names_;
    const auto never_had = [](const Node& node) {
        return std::all_of(node.rows.begin(), node.rows.end(), [](const Image& row) { return row == Image{}; }) &&
               std::none_of(node.held.begin(), node.held.end(), [](const auto& row) { return row.has_value(); }) &&
               std::all_of(node.logs.begin(), node.logs.end(), [](const Events& log) { return log.empty(); });
    };
    for (auto* const bond : {&mine, &its})
        bond->whole = bond->behind = never_had(bond == &mine ? one : other);
    if (!both_empty) return;
    mine.knows = its.name;
    its.knows = mine.name;
    mine.whole = its.whole = mine.used = its.used = true;
    mine.seen = other.now();
    its.seen = one.now();
}

void MovingTree::disconnect(Node& one, Node& other) {
    for (auto* const node : {&one, &other}) {
        const auto neighbour = node == &one ? other.number : one.number;
        node->drop_incoming(neighbour);
        recheck(*node, node == &one ? other : one, rules_, ledger_);  // or nobody does
        node->links.erase(neighbour);
    }
}

std::vector<int> MovingTree::part_of(int start) const {
    std::vector<int> found{start};
    for (std::size_t i = 0; i < found.size(); ++i) {
        for (const auto& link : nodes_[static_cast<std::size_t>(found[i]) - 1].links) {
            if (std::find(found.begin(), found.end(), link.first) == found.end()) found.push_back(link.first);
        }
    }
    return found;
}

void MovingTree::note_rows(const Node& node) {
    for (std::size_t key = 0; key < keys_; ++key) {
        const auto lent = lent_.find({node.number, key});
        if (lent != lent_.end() && lent->second == node.rows[key]) continue;
        ledger_.have(node.number, node.rows[key]);
        ledger_.have(node.number, node.row_of(key));
    }
}

bool MovingTree::is_unread(const Event& event, const Node& node) {
    return std::any_of(node.links.begin(), node.links.end(), [&](const auto& link) {
        const auto& reader = by_number(link.first).links.at(node.number);
        return link.first != event.via && !reader.position.contains(event.xid);
    });
}

void MovingTree::note_logs() {
    Ledger::Writes logged;
    const auto note = [&](const Tag& tag) {
        const auto write = ledger_.find(tag);
        if (write != no_write) logged.set(static_cast<std::size_t>(write));
    };
    for (const auto& node : nodes_) {
        for (const auto& log : node.logs) {
            for (const auto& event : log) {
                if (is_unread(event, node)) note(event.tag);
            }
        }
        for (const auto& event : node.truncates) {
            for (std::size_t key = 0; key < keys_ && is_unread(event, node); ++key)
                note(node.tag_of_truncate(event, key));
        }
    }
    ledger_.note_logged(logged);
}

void MovingTree::apply_and_note(Node& reader, Node& source) {
    const auto& incoming = reader.links.at(source.number).incoming;
    const auto compared = incoming ? incoming->batch.compares_to.value_or(0) : 0;
    if (compared > 0) note_logs();
    const auto held_before = held_rows(reader);
    apply(reader, source, rules_, ledger_);
    for (std::size_t key = 0; key < compared; ++key) {
        // Where nothing was ever, a delete is met by the same absence: who overwrites it keeps either as a loser.
        const auto& row = reader.row_of(key);
        if (row.present || source.row_of(key) != Image{}) continue;
        source.rows[key] = row;
        lent_[{source.number, key}] = row;
    }
    held_in_all_ += std::max(0, held_rows(reader) - held_before);
}

void MovingTree::crash(Node& node) {
    node.crash();
    node.boots.push_back({++names_, node.commits});
    if (rules_.numbers_are_new) node.next_id = std::max<std::int64_t>(node.next_id, numbers_of_a_start * names_);
}

void MovingTree::retry(Node& node, std::size_t key) {
    if (!node.held[key] || node.is_locked(key) || node.is_truncating()) return;
    for (const auto& link : node.links) {
        if (link.second.incoming && link.second.incoming->xid != 0) return;
    }
    node.rows[key] = *node.held[key];
    node.held[key].reset();
    ++node.commits;
}

void MovingTree::back_up(const Node& node) {
    auto copy = node;
    copy.crash();
    backups_.insert_or_assign(node.number, Backup{copy, ledger_.had(node.number)});
    for (const auto& link : node.links)
        backed_up_[{node.number, link.first}] = born_[{node.number, link.first}];
}

void MovingTree::restore(Node& node) {
    const auto backup = backups_.find(node.number);
    if (backup == backups_.end()) return;
    ++restores_;
    auto links = node.links;
    const auto wall = node.wall;
    for (auto& link : node.links)
        node.drop_incoming(link.first);
    node = backup->second.node;
    node.wall = wall;
    crash(node);
    ledger_.go_back(node.number, backup->second.had);
    for (auto link = node.links.begin(); link != node.links.end();) {
        const bool same = links.count(link->first) != 0 &&
                          backed_up_[{node.number, link->first}] == born_[{node.number, link->first}];
        link = same ? std::next(link) : node.links.erase(link);
    }
    for (auto& [neighbour, link] : links) {
        if (node.links.count(neighbour) != 0) continue;
        Link fresh;
        fresh.ahead.resize(keys_);
        fresh.bond.name = ++names_;
        fresh.bond.knows = 0;
        fresh.bond.whole = fresh.bond.behind = false;
        node.links.emplace(neighbour, fresh);
    }
}

void MovingTree::exchange(Node& reader, Node& source) {
    recheck(reader, source, rules_, ledger_);
    look(reader, source, rules_);
    apply_and_note(reader, source);
    recheck(reader, source, rules_, ledger_);
    if (!greet(reader, source, names_, rules_)) return;
    auto& bond = reader.links.at(source.number).bond;
    if (bond.compared != all_keys) {
        compare(reader, source, rules_, 2);
    } else {
        pull(reader, source, rules_, std::nullopt);
        bond.seen = source.now();
        ++reader.commits;
    }
    look(reader, source, rules_);
    apply_and_note(reader, source);
    recheck(reader, source, rules_, ledger_);
}

void MovingTree::everybody_reads() {
    for (auto& node : nodes_) {
        for (auto& link : node.links)
            exchange(node, by_number(link.first));
        note_rows(node);
    }
    for (auto& node : nodes_)
        prune(node, rules_);
}

bool MovingTree::is_at_rest(const Node& node) const {
    const bool silent = node.truncates.empty() &&
                        std::all_of(node.logs.begin(), node.logs.end(), [](const Events& log) { return log.empty(); });
    return silent && std::all_of(node.links.begin(), node.links.end(), [&](const auto& entry) {
               const auto& other = nodes_[static_cast<std::size_t>(entry.first) - 1].links.at(node.number).bond;
               const auto& link = entry.second;
               return !link.incoming && link.unlocked.empty() && link.bond.compared == all_keys &&
                      link.bond.knows == other.name;
           });
}

void MovingTree::drain() {
    for (auto& node : nodes_) {
        while (true) {
            const auto user = std::find_if(node.open.begin(), node.open.end(),
                                           [](const auto& transaction) { return !transaction.second.changes.empty(); });
            if (user == node.open.end()) break;
            node.commit(user->first, ledger_);
        }
        note_rows(node);
    }
    for (int round = 0; round < most_rounds; ++round) {
        everybody_reads();
        if (std::all_of(nodes_.begin(), nodes_.end(), [&](const Node& node) { return is_at_rest(node); })) break;
    }
    for (auto& node : nodes_) {
        for (std::size_t key = 0; key < keys_; ++key) {
            retry(node, key);
        }
    }
}

std::string MovingTree::verdict() const {
    std::vector<Image> final;
    for (const auto& node : nodes_) {
        if (!is_at_rest(node)) return "node " + std::to_string(node.number) + " does not come to rest";
        for (std::size_t key = 0; key < keys_; ++key) {
            if (!is_same(node.rows[key], nodes_[0].rows[key]))
                return "nodes 1 and " + std::to_string(node.number) + " differ in key " + std::to_string(key);
            final.push_back(node.rows[key]);
        }
    }
    return ledger_.verdict(final);
}

}  // namespace tromp::model
