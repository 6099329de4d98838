#include "tests/model/node.hpp"

#include <algorithm>

namespace tromp::model {

Node::Node(int number_, std::size_t keys) : number(number_), rows(keys), held(keys), logs(keys), locks(keys, 0) {}

Snapshot Node::snapshot() const {
    Snapshot result;
    result.xmax = completed_ + 1;
    for (const auto& transaction : open) {
        if (transaction.first < result.xmax) result.xip.push_back(transaction.first);
    }
    return result;
}

Xid Node::begin() {
    open.emplace(next_xid_, Transaction{});
    return next_xid_++;
}

void Node::finish(Xid xid, bool committed) {
    open.erase(xid);
    completed_ = std::max(completed_, xid);
    if (committed) durable_ = std::max(durable_, xid);
    if (committed) ++commits;
    std::replace(locks.begin(), locks.end(), xid, Xid{0});
    if (truncating_ == xid) truncating_ = 0;
}

void Node::log_event(std::size_t key, const Event& event) {
    auto& log = logs[key];
    const auto after = std::find_if(log.begin(), log.end(), [&](const Event& e) { return e.place > event.place; });
    log.insert(after, event);
}

Ahead Node::ahead_of(int neighbour, std::size_t key) const {
    const auto& entry = links.at(neighbour).ahead[key];
    return entry.value_or(Ahead{});
}

void Node::discard_held(std::size_t key, Ledger& ledger) {
    if (!held[key]) return;
    ledger.lose(number, *held[key]);
    held[key].reset();
}

bool Node::remembers(const std::optional<Moment>& moment) const {
    if (!moment) return true;
    for (auto boot = boots.begin(); boot != boots.end(); ++boot) {
        if (boot->boot != moment->boot) continue;
        return std::next(boot) == boots.end() || moment->commits <= std::next(boot)->commits;
    }
    return false;
}

Acknowledged Node::acknowledged() const {
    Acknowledged result;
    for (const auto& [neighbour, link] : links) {
        if (!link.bond.stale) result.emplace(neighbour, link.acknowledged);
    }
    return result;
}

bool Node::present_for(Xid xid, std::size_t key) const {
    const auto& changes = open.at(xid).changes;
    const auto own =
        std::find_if(changes.rbegin(), changes.rend(), [&](const auto& change) { return change.is_of(key); });
    return own != changes.rend() ? own->present : rows[key].present;
}

bool Node::change(Xid xid, std::size_t key, bool deletes, const Strengths& strengths, std::int64_t version) {
    if (is_locked(key) && locks[key] != xid) return false;
    if (is_truncating() && truncating_ != xid) return false;
    locks[key] = xid;
    const bool inserts = !present_for(xid, key);
    const auto id = next_id++;
    const bool removes = deletes && !inserts;
    const char action = inserts ? 'I' : removes ? 'D' : 'U';
    const Tag tag{removes ? strengths.removal : strengths.write, std::max(version, clock + 1), number, id};
    open.at(xid).changes.push_back({key, {{id, id}, xid, number, action, tag}, !removes});
    return true;
}

bool Node::truncate(Xid xid, std::int64_t version, double strength) {
    const auto others = [&](Xid holder) { return holder != 0 && holder != xid; };
    const bool batch_at_work = std::any_of(links.begin(), links.end(), [](const auto& link) {
        return link.second.incoming && link.second.incoming->xid != 0;
    });
    if (batch_at_work || others(truncating_) || std::any_of(locks.begin(), locks.end(), others)) return false;
    truncating_ = xid;
    const auto id = next_id++;
    const Tag tag{strength, std::max(version, clock + 1), number, id};
    open.at(xid).changes.push_back({0, {{id, id}, xid, number, 'T', tag}, false});
    return true;
}

Tag Node::tag_of_truncate(const Event& event, std::size_t key) const {
    auto tag = event.tag;
    tag.number = -(tag.number * static_cast<std::int64_t>(rows.size()) + static_cast<std::int64_t>(key)) - 1;
    return tag;
}

/// For the ledger it is a delete of each row.
void Node::commit_truncate(const Event& event, Ledger& ledger) {
    if (ledger.tells()) ledger.note("node " + std::to_string(number) + " TRUNCATE");
    truncates.push_back(event);
    for (std::size_t key = 0; key < rows.size(); ++key) {
        auto& row = rows[key];
        const auto tag = tag_of_truncate(event, key);
        discard_held(key, ledger);
        if (row.present) row = {ledger.add(tag, row, false), false};
    }
}

void Node::commit(Xid xid, Ledger& ledger) {
    const auto changes = open.at(xid).changes;
    for (const auto& change : changes) {
        if (change.event.action == 'T') {
            commit_truncate(change.event, ledger);
            continue;
        }
        auto& row = rows[change.key];
        discard_held(change.key, ledger);
        row = {ledger.add(change.event.tag, row, change.present), change.present};
        if (ledger.tells())
            ledger.note("node " + std::to_string(number) + ' ' + change.event.action + " key " +
                        std::to_string(change.key) + ": " + ledger.name(change.event.tag));
        log_event(change.key, change.event);
    }
    finish(xid, !changes.empty());
}

void Node::crash() {
    for (auto& link : links)
        link.second.incoming.reset();
    open.clear();
    std::fill(locks.begin(), locks.end(), Xid{0});
    truncating_ = 0;
    completed_ = durable_;
    next_xid_ = durable_ + 1;
}

void Node::drop_incoming(int neighbour) {
    auto& incoming = links.at(neighbour).incoming;
    if (incoming && incoming->xid != 0) finish(incoming->xid, false);
    incoming.reset();
}

}  // namespace tromp::model
