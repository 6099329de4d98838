#include "tests/model/replication.hpp"

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
        if (source.rows[key].present && rules.truncate_spares_rows) continue;
        const auto to_come =
            rules.truncate_spares_later ? still_to_come(source.logs[key], reader.number, position, last) : Ahead{};
        const auto ahead = rules.truncate_knows_ahead ? reader.ahead_of(source.number, key) : Ahead{};
        if (!is_swept(to_come, ahead)) continue;
        const Image absent{source.rows[key].made_by, false};
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
        batch.items.push_back({key, *found, source.rows[key], source.ahead_of(reader.number, key),
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
        if (!reader.rows[gone.key].present) continue;
        reader.locks[gone.key] = incoming.xid;
        const auto& log = reader.logs[gone.key];
        auto decision = decide({*incoming.batch.truncate}, log, source, incoming.batch.read_of_us, gone.ahead_of_us);
        if (!rules.truncate_spares_side) decision.taken = true;
        incoming.swept.back() = std::move(decision);
    }
}

}  // namespace

bool look(Node& reader, const Node& source, const Rules& rules) {
    auto& incoming = reader.links.at(source.number).incoming;
    if (!incoming || incoming->xid != 0 || reader.is_truncating()) return false;
    for (const auto& gone : incoming->batch.gone) {
        if (reader.rows[gone.key].present && reader.is_locked(gone.key)) return false;
    }
    const auto lockable = [&](const Batch::Item& item) { return item.row.present || reader.rows[item.key].present; };
    bool deletes_absent = false;
    for (const auto& item : incoming->batch.items) {
        if (lockable(item) && reader.is_locked(item.key)) return false;
        deletes_absent = deletes_absent || !lockable(item);
    }
    for (const auto& link : reader.links) {
        const auto& other = link.second.incoming;
        if (!rules.absent_keys_alone || !other || other->xid == 0) continue;
        if (deletes_absent || other->deletes_absent) return false;
    }
    incoming->deletes_absent = deletes_absent;
    incoming->xid = reader.begin();
    for (const auto& item : incoming->batch.items) {
        if (lockable(item)) reader.locks[item.key] = incoming->xid;
        incoming->here.push_back(reader.rows[item.key]);
        incoming->decisions.push_back(decide_by_rules(item, reader, source.number, incoming->batch.read_of_us, rules));
    }
    look_at_gone(*incoming, reader, source.number, rules);
    return true;
}

namespace {

void keep_loser(const Batch::Item& item, const Decision& decision, const Image& here, const Node& reader, int source,
                const Snapshot& read_of_us, Ledger& ledger) {
    const auto& loser = decision.taken ? here : item.row;
    if (here.present || item.row.present) {
        ledger.lose(reader.number, loser);
    } else {
        ledger.merge(loser);
    }
    const auto ours = side(reader.logs[item.key], source, read_of_us, item.ahead_of_us);
    if (ours.empty()) return;
    if (decision.taken) {
        ledger.compare(decision.theirs, ours.back().tag);
    } else {
        ledger.compare(*decision.ours, item.offer.steps.back().tag);
    }
}

bool holds_insert(const Events& events) {
    return std::any_of(events.begin(), events.end(), [](const Event& event) { return event.action == 'I'; });
}

/// A row has come for a key that was absent here, perhaps because of a TRUNCATE that its writer had not seen.
void keep_losing_truncate(const Batch::Item& item, const Image& here, const Node& reader, int source,
                          const Batch& batch, const Rules& rules, Ledger& ledger) {
    if (!losing_truncate(reader.truncates, source, batch.read_of_us)) return;
    if (holds_insert(item.offer.steps)) {
        ledger.merge(here);
    } else if (rules.truncate_loser_kept) {
        ledger.lose_truncate(reader.number, here);
    }
}

/// Deletes what the source does not have, as far as nothing is known of it here that the source has not seen.
void sweep(const Incoming& incoming, Node& reader, int source, const Rules& rules, Ledger& ledger) {
    const auto& batch = incoming.batch;
    for (std::size_t i = 0; i < batch.gone.size(); ++i) {
        const auto& gone = batch.gone[i];
        const auto& decision = incoming.swept[i];
        auto& row = reader.rows[gone.key];
        auto& log = reader.logs[gone.key];
        if (!decision) {
            // Two deletes have met. Ours stays where the source is still to take it, or a user has gone on from it.
            if (row.present || !side(log, source, batch.read_of_us, gone.ahead_of_us).empty()) {
                ledger.merge(gone.row);
                continue;
            }
            ledger.merge(row);
            row = gone.row;
            continue;
        }
        if (ledger.tells())
            ledger.note("node " + std::to_string(reader.number) + (decision->taken ? " sweeps key " : " spares key ") +
                        std::to_string(gone.key));
        if (!decision->taken) {
            if (holds_insert(side(log, source, batch.read_of_us, gone.ahead_of_us))) {
                ledger.merge(gone.row);
            } else {
                ledger.lose_truncate(reader.number, gone.row);
            }
            continue;
        }
        row = gone.row;
        if (reader.links.size() == 1 && rules.leaf_answers) log = answered(log, *decision);
    }
    reader.clock = std::max(reader.clock, batch.truncate->tag.version);
    if (reader.links.size() == 1 || !rules.truncate_forwarded) return;
    auto event = *batch.truncate;
    event.place = {reader.next_id, reader.next_id};
    event.xid = incoming.xid;
    event.via = source;
    ++reader.next_id;
    reader.truncates.push_back(event);
}

/// As "node 1 takes key 0 from 2: row w3; theirs w2 w3; ours w1; unlocked".
void tell(const Batch::Item& item, const Decision& decision, const Node& reader, int source, bool unlocked,
          const Ledger& ledger) {
    std::string line = "node " + std::to_string(reader.number) + (decision.taken ? " takes key " : " refuses key ") +
                       std::to_string(item.key) + " from " + std::to_string(source) +
                       (item.row.present ? ": row w" : ": no row w") + std::to_string(item.row.made_by) + "; theirs";
    for (const auto& step : item.offer.steps)
        line += ' ' + ledger.name(step.tag);
    line += "; here " + std::string(reader.rows[item.key].present ? "w" : "no w") +
            std::to_string(reader.rows[item.key].made_by) + ", strongest " +
            (decision.ours ? ledger.name(*decision.ours) : "none");
    ledger.note(line + (unlocked ? "; unlocked" : ""));
}

void take(const Batch::Item& item, const Decision& decision, Node& reader, int source, Xid xid, const Rules& rules,
          Ledger& ledger) {
    auto& link = reader.links.at(source);
    auto& row = reader.rows[item.key];
    auto& log = reader.logs[item.key];
    const bool unlocked = reader.locks[item.key] != xid;
    bool overtaken = false;  // by users here, whose writes count as later
    if (unlocked) {
        for (const auto& event : log) {
            const bool seen = std::binary_search(decision.seen.begin(), decision.seen.end(), event.place.id);
            if (seen || event.via != reader.number) continue;
            ledger.overtake(item.row, event.tag);
            overtaken = true;
        }
        link.unlocked.push_back({item.key, decision.seen});
    }
    if (!row.present && !item.row.present && !overtaken) ledger.merge(row);
    if (!unlocked || !(row.present || overtaken)) row = item.row;
    if (reader.links.size() == 1) {
        if (rules.leaf_answers) log = answered(log, decision);
        return;
    }
    auto events =
        forwarded(item.offer.steps, decision, unlocked && rules.delete_before_insert, source, xid, reader.next_id);
    reader.next_id += static_cast<std::int64_t>(events.size());
    for (auto& event : events) {
        if (!rules.tags_are_kept) event.tag.version = reader.clock + 1;
        reader.log_event(item.key, event);
    }
}

}  // namespace

bool apply(Node& reader, const Node& source, const Rules& rules, Ledger& ledger) {
    auto& link = reader.links.at(source.number);
    if (!link.incoming || link.incoming->xid == 0) return false;
    const auto incoming = std::move(*link.incoming);
    const auto& batch = incoming.batch;
    for (std::size_t i = 0; i < batch.items.size(); ++i) {
        const auto& item = batch.items[i];
        const auto& decision = incoming.decisions[i];
        if (ledger.tells()) tell(item, decision, reader, source.number, reader.locks[item.key] != incoming.xid, ledger);
        if (decision.conflict)
            keep_loser(item, decision, incoming.here[i], reader, source.number, batch.read_of_us, ledger);
        if (!decision.ours && item.row.present && !incoming.here[i].present)
            keep_losing_truncate(item, incoming.here[i], reader, source.number, batch, rules, ledger);
        for (const auto& step : item.offer.steps)
            reader.clock = std::max(reader.clock, step.tag.version);
        if (decision.taken) take(item, decision, reader, source.number, incoming.xid, rules, ledger);
    }
    if (batch.truncate) sweep(incoming, reader, source.number, rules, ledger);
    for (std::size_t key = 0; key < link.ahead.size(); ++key) {
        const auto taken =
            std::find_if(batch.items.begin(), batch.items.end(), [&](const auto& i) { return i.key == key; });
        link.ahead[key] =
            advance_ahead(link.ahead[key], taken == batch.items.end() ? nullptr : &taken->offer, batch.position);
    }
    link.position = batch.position;
    link.acknowledged = batch.read_of_us;
    link.incoming.reset();
    reader.finish(incoming.xid, true);
    return true;
}

bool recheck(Node& reader, const Node& source, const Rules& rules, Ledger& ledger) {
    auto& unlocked = reader.links.at(source.number).unlocked;
    if (unlocked.empty()) return false;
    const auto xid = reader.begin();
    bool logged = false;
    for (const auto& note : unlocked) {
        if (!rules.recheck || !(rules.recheck_deleted || reader.rows[note.key].present)) continue;
        auto again = to_log_again(reader.logs[note.key], source.number, note.seen, xid, reader.next_id);
        if (!rules.recheck_strongest && !again.empty()) again = {again.back()};
        for (const auto& event : again) {
            ++reader.next_id;
            reader.log_event(note.key, event);
            ledger.repeat(event.tag);
            ledger.repeat(reader.rows[note.key]);
            logged = true;
        }
    }
    unlocked.clear();
    reader.finish(xid, logged);
    return true;
}

void prune(Node& node, const Rules& rules) {
    const auto acknowledged = node.acknowledged();
    node.truncates = pruned_truncates(node.truncates, acknowledged);
    for (auto& log : node.logs) {
        if (rules.prune_in_order) {
            log = pruned(log, acknowledged);
        } else {
            log.erase(std::remove_if(log.begin(), log.end(),
                                     [&](const Event& event) { return pruned({event}, acknowledged).empty(); }),
                      log.end());
        }
    }
}

void compact(Node& node, const Rules& rules) {
    node.truncates = rules.truncate_by_way || node.truncates.empty() ? compacted_truncates(node.truncates)
                                                                     : Events{node.truncates.back()};
    for (auto& log : node.logs) {
        if (log.empty()) continue;
        log = rules.compact_by_strength ? compacted(log) : Events{log.back()};
    }
}

}  // namespace tromp::model
