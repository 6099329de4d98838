#include "tests/model/comparison.hpp"

#include <algorithm>

namespace tromp::model {
namespace {

constexpr double weakest_of_all = -1e9;
constexpr double too_strong = 1e9;

/// A change without a writer: what is found to be so, and no log says why.
Event new_event(Node& node, const Rules& rules) {
    Event event;
    const auto id = node.next_id++;
    event.place = {id, id};
    event.via = node.number;
    event.action = 'S';
    const auto strength = rules.new_tags_are_weakest ? weakest_of_all : too_strong;
    event.tag = {strength, std::max(node.wall, node.clock + 1), node.number, id};
    if (!rules.new_tags_are_own) event.tag = {strength, 0, 0, 0};
    return event;
}

bool is_superseded(const Batch& batch, const Node& reader, int source) {
    return reader.links.at(source).bond.yields && !batch.source_yields;
}

bool is_before(const Batch& batch, const Node& reader, int source) {
    return batch.source_yields && !reader.links.at(source).bond.yields;
}

/// Nobody knows which of the two was later, unless one end is merely behind.
Difference unknown(const Image& there, const Batch& batch, const Node& reader, int source) {
    if (is_superseded(batch, reader, source)) return Difference::replaced;
    if (is_before(batch, reader, source)) return Difference::kept;
    return there.present ? Difference::replaced : Difference::kept;
}

void keep_difference(const Incoming& incoming, std::size_t i, Node& reader, int source, const Rules& rules,
                     Ledger& ledger) {
    const auto& item = incoming.batch.items[i];
    const auto& here = incoming.here[i];
    const bool alike = incoming.meetings[i] == Meeting::alike;  // so a TRUNCATE made the difference
    if (incoming.decisions[i].taken) {
        if (alike || !is_answered(incoming.batch, here, reader, source, rules)) ledger.lose(reader.number, here);
        return;
    }
    const bool truncated = incoming.batch.source_truncated && !item.row.present && rules.truncate_is_a_change;
    if (alike || truncated || !is_before(incoming.batch, reader, source)) ledger.lose(reader.number, item.row);
}

Difference difference(const Incoming& incoming, std::size_t i, const Node& reader, int source) {
    const auto& item = incoming.batch.items[i];
    const auto& decision = incoming.decisions[i];
    const bool same = is_same(incoming.here[i], item.row);
    const bool theirs = !item.offer.steps.empty();
    // As in a pull: one may be under way at the other end.
    if (incoming.meetings[i] == Meeting::alike) return decision.taken ? Difference::replaced : Difference::kept;
    if (theirs && decision.taken) return Difference::taken;
    if (theirs) return Difference::none;  // it will be read, and loses then
    if (decision.ours) return Difference::left;
    return same ? Difference::none : unknown(item.row, incoming.batch, reader, source);
}

/// As for a delete of what is absent: what users wrote since the look is logged once more.
void note_unlocked(const Incoming& incoming, std::size_t i, Node& reader, int source) {
    const auto key = incoming.batch.items[i].key;
    auto seen = incoming.decisions[i].seen;
    for (const auto& event : reader.logs[key]) {
        if (event.xid == incoming.xid) seen.push_back(event.place.id);
    }
    std::sort(seen.begin(), seen.end());
    reader.links.at(source).unlocked.push_back({key, seen});
}

}  // namespace

Meeting weigh_the_rest(const Batch::Item& item, const Image& here, const Node& reader, int source,
                       const Snapshot& read_of_us, Decision& decision) {
    const auto ours = side(reader.logs[item.key], source, read_of_us, item.ahead_of_us);
    const auto rest = behind_shared(ours, item.offer.steps);
    if (!rest.any_shared) return Meeting::of_strangers;
    decide_by_rest(decision, rest);
    if (decision.taken || decision.ours) return Meeting::ours_goes_on;
    // Only a TRUNCATE, which is in no side, can have made them different.
    decision.taken = is_same(here, item.row) || (item.row.present && (!here.present || source < reader.number));
    return Meeting::alike;
}

bool logs_what_stays(const Incoming& incoming, std::size_t i) {
    if (incoming.decisions[i].taken) return false;
    if (!incoming.batch.compares_to) return incoming.meetings[i] != Meeting::of_strangers;
    return static_cast<Difference>(incoming.differs[i]) == Difference::kept;
}

void log_shared(const Incoming& incoming, std::size_t i, Node& reader, int source, const Rules& rules) {
    const auto& item = incoming.batch.items[i];
    const auto& decision = incoming.decisions[i];
    const auto met = incoming.meetings[i];
    if (met == Meeting::of_strangers) return;
    auto ours = side(reader.logs[item.key], source, incoming.batch.read_of_us, item.ahead_of_us);
    const auto is_later = [&](const Event& event) {
        return !std::binary_search(decision.seen.begin(), decision.seen.end(), event.place.id);
    };
    ours.erase(std::remove_if(ours.begin(), ours.end(), is_later), ours.end());
    auto rest = behind_shared(ours, item.offer.steps).ours;
    if (met == Meeting::alike) rest = {new_event(reader, rules)};
    // Without a row to lock, before an insert that is under way.
    const bool unlocked = reader.locks[item.key] != incoming.xid && rules.delete_before_insert;
    const auto events = logged_again(item.offer.steps, rest, decision, unlocked, source, incoming.xid, reader.next_id);
    reader.next_id += static_cast<std::int64_t>(events.size());
    for (const auto& event : events)
        reader.log_event(item.key, event);
    if (unlocked) note_unlocked(incoming, i, reader, source);
}

void log_choice(const Incoming& incoming, std::size_t i, Node& reader, const Rules& rules) {
    const auto& item = incoming.batch.items[i];
    if (incoming.meetings[i] != Meeting::alike || is_same(incoming.here[i], item.row)) return;
    if (!rules.choice_is_logged) return;
    auto event = new_event(reader, rules);
    event.xid = incoming.xid;
    if (reader.locks[item.key] != incoming.xid) event.place.ord = incoming.decisions[i].newest_here;
    reader.log_event(item.key, event);
}

bool is_same(const Image& one, const Image& other) {
    return one.present ? one == other : !other.present;
}

bool is_answered(const Batch& batch, const Image& here, const Node& reader, int source, const Rules& rules) {
    const bool truncated = losing_truncate(reader.truncates, source, batch.read_of_us).has_value();
    return is_superseded(batch, reader, source) && (here.present || !truncated || !rules.truncate_is_a_change);
}

bool is_in_doubt(const Batch::Item& item, const Decision& decision, const Image& here, const Batch& batch) {
    return item.key >= batch.compared && decision.taken && !decision.conflict && !is_same(here, item.row);
}

void note_bonds(Batch& batch, const Node& reader, const Node& source) {
    const auto& mine = reader.links.at(source.number).bond;
    const auto& its = source.links.at(reader.number).bond;
    batch.compared = std::min(mine.compared, its.compared);
    batch.source_yields = its.yields;
    batch.source_truncated =
        losing_truncate(source.truncates, reader.number, reader.links.at(source.number).position).has_value();
    batch.seen = source.now();
}

Batch::Item with_no_steps(const Batch::Item& item) {
    auto result = item;
    Event nothing;
    nothing.tag.strength = -std::numeric_limits<double>::infinity();
    result.offer.steps = {nothing};
    return result;
}

bool compare(Node& reader, const Node& source, const Rules& rules, std::size_t count) {
    auto& link = reader.links.at(source.number);
    if (link.incoming || !link.unlocked.empty() || link.bond.compared == all_keys) return false;
    Batch batch;
    batch.position = link.position;
    batch.read_of_us = source.links.at(reader.number).position;
    note_bonds(batch, reader, source);
    batch.compares_to = std::min(link.bond.compared + count, reader.rows.size());
    for (auto key = link.bond.compared; key < *batch.compares_to; ++key) {
        const auto& log = source.logs[key];
        auto found = offer(log, reader.number, link.position, std::numeric_limits<Xid>::max()).value_or(Offer{});
        found.steps = not_taken_yet(found.steps, reader.ahead_of(source.number, key));
        if (!rules.logs_are_weighed && is_same(reader.row_of(key), source.row_of(key))) continue;
        for (const auto& event : log) {
            if (rules.compared_is_ahead && !found.steps.empty() && !link.position.contains(event.xid))
                found.beyond.push_back(event.xid);
        }
        std::sort(found.beyond.begin(), found.beyond.end());
        found.beyond.erase(std::unique(found.beyond.begin(), found.beyond.end()), found.beyond.end());
        batch.items.push_back({key, found, source.row_of(key), source.ahead_of(reader.number, key), reader.logs[key]});
    }
    link.incoming.emplace();
    link.incoming->batch = std::move(batch);
    return true;
}

void look_for_differences(Incoming& incoming, Node& reader, int source, const Rules& rules) {
    for (std::size_t i = 0; i < incoming.batch.items.size(); ++i) {
        auto& steps = incoming.batch.items[i].offer.steps;
        auto& decision = incoming.decisions[i];
        if (steps.empty()) decision.taken = decision.conflict = false;
        const auto what = difference(incoming, i, reader, source);
        incoming.differs.push_back(static_cast<char>(what));
        if (what != Difference::taken) decision.conflict = false;
        decision.taken = what == Difference::taken || what == Difference::replaced;
        if (what == Difference::replaced && steps.empty()) {
            steps = {new_event(reader, rules)};
            decision.theirs = steps[0].tag;
        }
    }
}

void note_difference(const Incoming& incoming, std::size_t i, Node& reader, int source, const Rules& rules,
                     Ledger& ledger) {
    const auto& item = incoming.batch.items[i];
    const auto& decision = incoming.decisions[i];
    const auto& here = incoming.here[i];
    const auto what = static_cast<Difference>(incoming.differs[i]);
    const bool same = is_same(here, item.row);
    if (same && !here.present) {
        ledger.merge(here, item.row);
        if (reader.row_of(item.key) == Image{})
            reader.rows[item.key] = item.row;  // whatever comes now replaces a delete
        if (item.offer.steps.empty() && !decision.ours) {
            ledger.answer_absence(here);
            ledger.answer_absence(item.row);
        }
    }
    if (what == Difference::kept) {
        log_shared(incoming, i, reader, source, rules);
        auto event = new_event(reader, rules);
        event.xid = incoming.xid;
        if (reader.locks[item.key] != incoming.xid) event.place.ord = decision.newest_here;
        const bool done = incoming.meetings[i] == Meeting::alike;
        if (rules.kept_is_logged && !done) {
            reader.log_event(item.key, event);
            if (reader.locks[item.key] != incoming.xid) note_unlocked(incoming, i, reader, source);
        }
    }
    if (same || decision.conflict || what == Difference::none) return;
    const bool unknown = what == Difference::kept || what == Difference::replaced;
    if (unknown ? !rules.unknown_is_kept : !rules.one_sided_is_kept) return;
    keep_difference(incoming, i, reader, source, rules, ledger);
}

void advance_comparison(Bond& bond, std::size_t to, std::size_t keys) {
    bond.compared = to;
    if (to < keys) return;
    bond.compared = all_keys;
    bond.whole = true;
    bond.yields = false;
}

}  // namespace tromp::model
