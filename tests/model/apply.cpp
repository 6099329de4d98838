#include "tests/model/replication.hpp"

#include "tests/model/comparison.hpp"

#include <algorithm>

namespace tromp::model {
namespace {

void keep_loser(const Batch::Item& item, const Decision& decision, const Image& here, const Node& reader, int source,
                const Snapshot& read_of_us, Ledger& ledger) {
    const auto& loser = decision.taken ? here : item.row;
    if (here.present || item.row.present) {
        ledger.lose(reader.number, loser);
    } else {
        ledger.merge(loser, decision.taken ? item.row : here);
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
        ledger.answer(here);
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
            // Two deletes have met. Ours stays where the source is still to take it, or somebody goes on from it: a
            // user, or another batch that has looked at it. It is one absence: what is decided about it is for both.
            if (reader.row_of(gone.key).present || reader.is_locked(gone.key) ||
                !side(log, source, batch.read_of_us, gone.ahead_of_us).empty()) {
                ledger.merge(gone.row, incoming.here_gone[i]);
                continue;
            }
            ledger.merge(row, gone.row);
            if (gone.row.made_by != no_write) row = gone.row;
            continue;
        }
        if (ledger.tells())
            ledger.note("node " + std::to_string(reader.number) + (decision->taken ? " sweeps key " : " spares key ") +
                        std::to_string(gone.key));
        if (!decision->taken) {
            if (holds_insert(side(log, source, batch.read_of_us, gone.ahead_of_us))) {
                ledger.answer(gone.row);
            } else {
                ledger.lose_truncate(reader.number, gone.row);
            }
            continue;
        }
        if (reader.locks[gone.key] == incoming.xid) row = gone.row;
        if (reader.held[gone.key] && !row.present && gone.row.made_by != no_write) row = gone.row;
        reader.held[gone.key].reset();
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
    line += "; here " + std::string(reader.row_of(item.key).present ? "w" : "no w") +
            std::to_string(reader.row_of(item.key).made_by) + ", strongest " +
            (decision.ours ? ledger.name(*decision.ours) : "none");
    ledger.note(line + (unlocked ? "; unlocked" : ""));
}

/// What is taken becomes the row, or is held. What a user here has written since counts as later.
void put(const Batch::Item& item, bool refused, bool overtaken, Node& reader, Ledger& ledger) {
    auto& row = reader.rows[item.key];
    auto& held = reader.held[item.key];
    if (refused) {
        if (overtaken) {
            ledger.lose(reader.number, item.row);
        } else {
            held = item.row;
        }
        return;
    }
    held.reset();
    if (row.present || item.row != Image{})
        row = item.row;  // a delete is remembered, rather than that there was nothing
}

void take(const Batch::Item& item, const Decision& decision, Node& reader, int source, Xid xid, bool refused,
          const Rules& rules, Ledger& ledger) {
    auto& link = reader.links.at(source);
    auto& row = reader.rows[item.key];
    auto& log = reader.logs[item.key];
    const bool unlocked = reader.locks[item.key] != xid;
    bool overtaken = false;  // by users here, whose writes count as later
    if (unlocked) {
        for (const auto& event : log) {
            const bool seen = std::binary_search(decision.seen.begin(), decision.seen.end(), event.place.id);
            if (seen || event.via != reader.number || event.action == 'S') continue;
            ledger.overtake(item.row, event.tag);
            overtaken = true;
        }
        link.unlocked.push_back({item.key, decision.seen});
    }
    const auto& here = reader.row_of(item.key);
    if (!here.present && !item.row.present && !overtaken) ledger.merge(here, item.row);
    if (!unlocked || refused || !(row.present || overtaken)) put(item, refused, overtaken, reader, ledger);
    if (reader.links.size() == 1) {
        if (rules.leaf_answers) log = answered(log, decision);
        return;
    }
    if (item.offer.steps.back().action == 'S' && item.offer.steps.back().tag.origin == reader.number &&
        !rules.taken_is_forwarded)
        return;
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
        if (batch.compares_to) {
            note_difference(incoming, i, reader, source.number, rules, ledger);
        } else if (incoming.meetings[i] == Meeting::alike) {
            if (!is_same(incoming.here[i], item.row))
                ledger.lose(reader.number, decision.taken ? incoming.here[i] : item.row);
        } else if (incoming.meetings[i] == Meeting::ours_goes_on && !decision.taken && !decision.conflict &&
                   batch.source_truncated && !item.row.present && incoming.here[i].present) {
            // It ends with a common event, and a TRUNCATE behind that.
            if (rules.truncate_is_a_change) ledger.lose(reader.number, item.row);
        } else if (is_in_doubt(item, decision, incoming.here[i], batch)) {
            if (rules.doubt_is_kept && !is_answered(batch, incoming.here[i], reader, source.number, rules))
                ledger.lose(reader.number, incoming.here[i]);
        } else if (!decision.ours && item.row.present && !incoming.here[i].present) {
            keep_losing_truncate(item, incoming.here[i], reader, source.number, batch, rules, ledger);
        }
        for (const auto& step : item.offer.steps)
            reader.clock = std::max(reader.clock, step.tag.version);
        const bool refused = item.row.present && incoming.refuses(item.key);
        if (decision.taken) take(item, decision, reader, source.number, incoming.xid, refused, rules, ledger);
        if (decision.taken) log_choice(incoming, i, reader, rules);
        if (!decision.taken && !batch.compares_to) log_shared(incoming, i, reader, source.number, rules);
    }
    if (batch.truncate) sweep(incoming, reader, source.number, rules, ledger);
    for (std::size_t key = 0; key < link.ahead.size(); ++key) {
        const auto taken =
            std::find_if(batch.items.begin(), batch.items.end(), [&](const auto& i) { return i.key == key; });
        const bool passed_over =
            taken == batch.items.end() ||
            (batch.compares_to && !incoming.decisions[static_cast<std::size_t>(taken - batch.items.begin())].taken);
        link.ahead[key] = advance_ahead(link.ahead[key], passed_over ? nullptr : &taken->offer, batch.position);
    }
    link.position = batch.position;
    link.acknowledged = batch.read_of_us;
    if (batch.seen) link.bond.seen = batch.seen;
    if (batch.compares_to) advance_comparison(link.bond, *batch.compares_to, reader.rows.size());
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
