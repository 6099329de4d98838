#include "tests/model/greeting.hpp"

#include <algorithm>

namespace tromp::model {
namespace {

/// What was read of the source before the link began anew, as far as both know it still.
void find_position(Node& node, const Node& source, bool source_went_back, const Rules& rules) {
    auto& link = node.links.at(source.number);
    if (!source_went_back || !rules.position_is_given_up) return;
    const auto& its = source.links.at(node.number);
    const bool common = its.acknowledged && node.remembers(its.bond.seen) && rules.position_in_common;
    link.position = common ? *its.acknowledged : Snapshot{};
    for (auto& entry : link.ahead)
        entry.reset();
}

/// What came from the other end, before that was set back, it does not know any more.
void keep_their_events(Node& node, int other) {
    const auto keep = [&](Events& events) {
        for (auto& event : events) {
            if (event.via == other) event.via = node.number;
        }
    };
    keep(node.truncates);
    for (auto& log : node.logs)
        keep(log);
}

/// Of two that are behind, or not, the one with the lower number compares.
bool compares(const Node& node, const Bond& mine, const Node& other, const Bond& its) {
    return mine.behind != its.behind ? mine.behind : node.number < other.number;
}

void learn(Node& node, const Node& other, const Rules& rules) {
    auto& link = node.links.at(other.number);
    auto& bond = link.bond;
    const auto& its = other.links.at(node.number).bond;
    const bool other_went_back = !other.remembers(bond.seen);
    find_position(node, other, other_went_back, rules);
    if (other_went_back && rules.acknowledgement_is_given_up) link.acknowledged.reset();
    if (other_went_back && rules.their_events_are_ours) keep_their_events(node, other.number);
    bond.knows = its.name;
    bond.stale = false;
    bond.seen = other.now();
    bond.compared = compares(node, bond, other, its) || !rules.one_compares ? 0 : all_keys;
    bond.yields = bond.behind && (bond.whole || !rules.only_whole_yield);
    bond.whole = bond.yields;
}

}  // namespace

void begin_anew(Node& node, int neighbour, int& names, const Rules& rules) {
    auto& bond = node.links.at(neighbour).bond;
    if (rules.batches_are_dropped) node.drop_incoming(neighbour);
    bond.name = ++names;
    bond.knows = 0;
    bond.used = false;
    bond.behind = bond.whole || !rules.only_whole_yield;
    bond.yields = false;
    bond.compared = all_keys;
    ++node.commits;
}

void mark_stale(Node& node, int neighbour, int& names, const Rules& rules) {
    auto& bond = node.links.at(neighbour).bond;
    bond.whole = false;
    if (rules.stale_begins_anew) begin_anew(node, neighbour, names, rules);
    bond.stale = true;
}

bool greet(Node& node, const Node& other, int& names, const Rules& rules) {
    auto& bond = node.links.at(other.number).bond;
    const auto& its = other.links.at(node.number).bond;
    const bool other_went_back = rules.their_past_is_checked && !other.remembers(bond.seen);
    const bool went_back = rules.own_past_is_checked && !node.remembers(its.seen);
    if (bond.knows != its.name) {
        if (bond.used) begin_anew(node, other.number, names, rules);
        if (bond.behind && other_went_back) {
            begin_anew(node, other.number, names, rules);
            bond.behind = false;
        }
        learn(node, other, rules);
        ++node.commits;
        return !rules.both_know_names;
    }
    if (its.knows != bond.name && rules.both_know_names) return false;
    if (other_went_back || went_back) {
        begin_anew(node, other.number, names, rules);
        if (other_went_back) bond.behind = false;
        return false;
    }
    bond.used = true;
    const bool its_comparison_ended = compares(other, its, node, bond) && its.compared == all_keys;
    if (bond.compared == all_keys && its_comparison_ended) {
        bond.whole = true;
        bond.yields = false;
    }
    return true;
}

}  // namespace tromp::model
