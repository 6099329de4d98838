#include "tests/model/replication.hpp"

#include "tests/model/comparison.hpp"

#include <algorithm>
#include <set>

namespace tromp::model {
namespace {

Snapshot advance_position(const Snapshot& now, const Snapshot& old, Xid last, bool is_all, const Rules& rules) {
    if (!rules.position_is_snapshot) return {std::max(old.xmax, last + 1), {}};
    if (!rules.position_is_cut && is_all) return now;
    return cut(now, old, last);
}

/// The log as it would look if the rule of the last event via `peer` were not there.
Events seen_by_rules(const Events& log, int peer, const Rules& rules) {
    Events result = log;
    if (!rules.side_after_their_last)
        result.erase(std::remove_if(result.begin(), result.end(), [&](const Event& e) { return e.via == peer; }),
                     result.end());
    return result;
}

std::optional<Offer> offer_by_rules(const Events& log, int reader, const Snapshot& old, Xid last, const Rules& rules) {
    auto visible = seen_by_rules(log, reader, rules);
    if (!rules.side_beyond_chunk)
        visible.erase(std::remove_if(visible.begin(), visible.end(),
                                     [&](const Event& e) { return e.xid > last && !old.contains(e.xid); }),
                      visible.end());
    auto result = offer(visible, reader, old, last);
    if (!result) return result;
    if (!rules.whole_sides) result->steps = {result->steps.back()};
    return result;
}

Decision decide_by_rules(const Batch::Item& item, const Node& reader, int source, const Snapshot& read_of_us,
                         const Rules& rules) {
    auto log = seen_by_rules(rules.look_after_locks ? reader.logs[item.key] : item.log_then, source, rules);
    const auto ahead = rules.remember_ahead ? item.ahead_of_us : Ahead{};
    auto decision = decide(item.offer.steps, log, source, read_of_us, ahead);
    if (!rules.whole_sides && decision.ours) {
        decision.ours = side(log, source, read_of_us, ahead).back().tag;
        decision.taken = decision.theirs > *decision.ours;
    }
    return decision;
}

/// Adds the TRUNCATE of the chunk, if there is one, and the keys that are to be compared for it.
void add_truncate(Batch& batch, const Node& reader, const Node& source, const Snapshot& position, Xid last,
                  const Rules& rules) {
    for (const auto& event : source.truncates) {
        const bool in_chunk = event.via != reader.number && event.xid <= last && !position.contains(event.xid);
        if (in_chunk && (!batch.truncate || event.tag > batch.truncate->tag)) batch.truncate = event;
    }
    if (!batch.truncate) return;
    for (std::size_t key = 0; key < source.rows.size(); ++key) {
        const bool decided = std::any_of(batch.items.begin(), batch.items.end(),
                                         [&](const Batch::Item& item) { return item.key == key; });
        if (decided) continue;
        if (source.row_of(key).present && rules.truncate_spares_rows) continue;
        const auto to_come =
            rules.truncate_spares_later ? still_to_come(source.logs[key], reader.number, position, last) : Ahead{};
        const auto ahead = rules.truncate_knows_ahead ? reader.ahead_of(source.number, key) : Ahead{};
        if (!is_swept(to_come, ahead)) continue;
        const Image absent{source.row_of(key).made_by, false};
        batch.gone.push_back({key, absent, source.ahead_of(reader.number, key)});
    }
}

}  // namespace

bool pull(Node& reader, Node& source, const Rules& rules, std::optional<std::size_t> chunk, bool moves) {
    auto& link = reader.links.at(source.number);
    if (link.incoming || !link.unlocked.empty()) return false;
    const auto& read_of_us = source.links.at(reader.number).position;
    std::set<Xid> unread;
    bool for_us = false;
    for (const auto& log : source.logs) {
        for (const auto& event : log) {
            if (!link.position.contains(event.xid)) unread.insert(event.xid);
        }
    }
    for (const auto& event : source.truncates) {
        if (!link.position.contains(event.xid)) unread.insert(event.xid);
    }
    Batch batch;
    batch.read_of_us = read_of_us;
    batch.position = link.position;
    note_bonds(batch, reader, source);
    if (rules.truncate_waits && batch.compared != all_keys) {
        for (const auto& event : source.truncates) {
            if (event.via != reader.number) unread.erase(unread.find(event.xid), unread.end());
        }
    }
    Xid last = 0;
    if (!unread.empty()) {
        last =
            chunk ? *std::next(unread.begin(), static_cast<std::ptrdiff_t>(*chunk % unread.size())) : *unread.rbegin();
        batch.position = advance_position(source.snapshot(), link.position, last, last == *unread.rbegin(), rules);
    }
    for (std::size_t key = 0; key < source.logs.size(); ++key) {
        const auto& log = source.logs[key];
        for_us = for_us || std::any_of(log.begin(), log.end(), [&](const Event& e) {
                     return e.via != reader.number && e.xid <= last && !link.position.contains(e.xid);
                 });
        auto found = offer_by_rules(log, reader.number, link.position, last, rules);
        if (!found) continue;
        found->steps =
            not_taken_yet(found->steps, rules.remember_ahead ? reader.ahead_of(source.number, key) : Ahead{});
        if (found->steps.empty()) continue;
        batch.items.push_back({key, *found, source.row_of(key), source.ahead_of(reader.number, key),
                               rules.look_after_locks ? Events{} : reader.logs[key]});
    }
    add_truncate(batch, reader, source, link.position, last, rules);
    for_us = for_us || batch.truncate;
    if (!for_us || !rules.prune_applied_only) link.acknowledged = read_of_us;
    if (!for_us) {
        if (moves) link.position = batch.position;
        return false;
    }
    if (!rules.position_with_rows) link.position = batch.position;
    link.incoming.emplace();
    link.incoming->batch = std::move(batch);
    return true;
}

namespace {

void look_at_gone(Incoming& incoming, Node& reader, int source, const Rules& rules) {
    for (const auto& gone : incoming.batch.gone) {
        incoming.swept.emplace_back();
        incoming.here_gone.push_back(reader.row_of(gone.key));
        if (!reader.row_of(gone.key).present) continue;
        if (reader.rows[gone.key].present) reader.locks[gone.key] = incoming.xid;
        const auto& log = reader.logs[gone.key];
        auto decision = decide({*incoming.batch.truncate}, log, source, incoming.batch.read_of_us, gone.ahead_of_us);
        if (!rules.truncate_spares_side) decision.taken = true;
        incoming.swept.back() = std::move(decision);
    }
}

/// Beside the batches of other neighbours that are at work here.
bool may_stand_beside(const Node& reader, const Incoming& incoming, bool deletes_absent, const Rules& rules) {
    if (!rules.absent_keys_alone) return true;
    return std::none_of(reader.links.begin(), reader.links.end(), [&](const auto& link) {
        const auto& other = link.second.incoming;
        return other && other->xid != 0 && &*other != &incoming && (deletes_absent || other->deletes_absent);
    });
}

/// A row that comes is locked by inserting it; so where ours stays absent nothing is locked, though something is
/// logged. Tells whether there is such a key.
bool unlock_what_is_not_here(const Incoming& incoming, Node& reader) {
    bool any = false;
    for (std::size_t i = 0; i < incoming.batch.items.size(); ++i) {
        const auto key = incoming.batch.items[i].key;
        if (reader.rows[key].present || !logs_what_stays(incoming, i)) continue;
        if (reader.locks[key] == incoming.xid) reader.locks[key] = 0;
        any = true;
    }
    return any;
}

void look_later(Incoming& incoming, Node& reader) {
    reader.finish(incoming.xid, false);
    incoming.xid = 0;
    incoming.deletes_absent = false;
    incoming.decisions.clear();
    incoming.here.clear();
    incoming.meetings.clear();
    incoming.differs.clear();
}

}  // namespace

bool look(Node& reader, const Node& source, const Rules& rules, std::uint64_t refused) {
    auto& incoming = reader.links.at(source.number).incoming;
    if (!incoming || incoming->xid != 0 || reader.is_truncating()) return false;
    for (const auto& gone : incoming->batch.gone) {
        if (reader.rows[gone.key].present && reader.is_locked(gone.key)) return false;
    }
    incoming->refused = refused;
    const auto lockable = [&](const Batch::Item& item) {
        return (item.row.present && !incoming->refuses(item.key)) || reader.rows[item.key].present;
    };
    bool deletes_absent = false;
    for (const auto& item : incoming->batch.items) {
        if (lockable(item) && reader.is_locked(item.key)) return false;
        deletes_absent = deletes_absent || !lockable(item);
    }
    if (!may_stand_beside(reader, *incoming, deletes_absent, rules)) return false;
    incoming->deletes_absent = deletes_absent;
    incoming->xid = reader.begin();
    for (const auto& item : incoming->batch.items) {
        if (lockable(item)) reader.locks[item.key] = incoming->xid;
        incoming->here.push_back(reader.row_of(item.key));
        const auto shown = item.offer.steps.empty() ? with_no_steps(item) : item;
        incoming->decisions.push_back(decide_by_rules(shown, reader, source.number, incoming->batch.read_of_us, rules));
        const auto met = rules.shared_are_known ? weigh_the_rest(item, incoming->here.back(), reader, source.number,
                                                                 incoming->batch.read_of_us, incoming->decisions.back())
                                                : Meeting::of_strangers;
        incoming->meetings.push_back(met);
    }
    if (incoming->batch.compares_to) look_for_differences(*incoming, reader, source.number, rules);
    if (unlock_what_is_not_here(*incoming, reader)) {
        if (!may_stand_beside(reader, *incoming, true, rules)) {
            look_later(*incoming, reader);
            return false;
        }
        incoming->deletes_absent = true;
    }
    look_at_gone(*incoming, reader, source.number, rules);
    return true;
}

}  // namespace tromp::model
