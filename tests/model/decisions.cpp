#include "tests/model/decisions.hpp"

#include <algorithm>

namespace tromp::model {
namespace {

template <typename T>
bool contains(const std::vector<T>& list, T one) {
    return std::find(list.begin(), list.end(), one) != list.end();
}

/// Events that stand where they were logged are behind all that anybody had seen of their key.
bool is_put_earlier(const Event& event) {
    return event.place.ord != event.place.id;
}

}  // namespace

Events side(const Events& log, int peer, const Snapshot& read, const Ahead& ahead) {
    Place after;
    for (const auto& event : log) {
        if (event.via == peer) after = std::max(after, event.place);
    }
    Events result;
    for (const auto& event : log) {
        const bool known = read.contains(event.xid) || contains(ahead, event.xid);
        if (event.via != peer && event.place > after && !known) result.push_back(event);
    }
    return result;
}

Events staircase(const Events& events) {
    Events steps;
    for (auto event = events.rbegin(); event != events.rend(); ++event) {
        if (steps.empty() || event->tag > steps.back().tag) steps.push_back(*event);
    }
    std::reverse(steps.begin(), steps.end());
    return steps;
}

std::optional<Tag> strongest(const Events& events) {
    std::optional<Tag> result;
    for (const auto& event : events) {
        if (!result || event.tag > *result) result = event.tag;
    }
    return result;
}

std::optional<Offer> offer(const Events& visible, int reader, const Snapshot& position, Xid last) {
    const auto unread = [&](const Event& event) { return !position.contains(event.xid); };
    const auto in_chunk = [&](const Event& event) { return event.via != reader && unread(event) && event.xid <= last; };
    if (std::none_of(visible.begin(), visible.end(), in_chunk)) return std::nullopt;
    auto ours = side(visible, reader, position, {});
    if (visible.back().via == reader || ours.empty()) return std::nullopt;

    Offer result;
    const bool inserted = std::any_of(ours.begin(), ours.end(), [](const Event& event) { return event.action == 'I'; });
    for (auto& event : ours) {
        if (inserted && event.action == 'U') event.action = 'I';
    }
    const auto stairs = staircase(ours);
    std::copy_if(ours.begin(), ours.end(), std::back_inserter(result.steps), [&](const Event& event) {
        return is_put_earlier(event) || std::find(stairs.begin(), stairs.end(), event) != stairs.end();
    });
    for (const auto& event : visible) {
        if (unread(event) && event.xid > last) result.beyond.push_back(event.xid);
    }
    std::sort(result.beyond.begin(), result.beyond.end());
    result.beyond.erase(std::unique(result.beyond.begin(), result.beyond.end()), result.beyond.end());
    return result;
}

Events not_taken_yet(const Events& steps, const Ahead& ahead) {
    Events result;
    std::copy_if(steps.begin(), steps.end(), std::back_inserter(result),
                 [&](const Event& event) { return !contains(ahead, event.xid); });
    return result;
}

Decision decide(const Events& steps, const Events& log, int source, const Snapshot& read_of_us,
                const Ahead& ahead_of_us) {
    Decision decision;
    decision.theirs = *strongest(steps);
    decision.ours = strongest(side(log, source, read_of_us, ahead_of_us));
    decision.taken = !decision.ours || decision.theirs > *decision.ours;
    decision.conflict = decision.ours && decision.theirs != *decision.ours;
    for (const auto& event : log) {
        decision.newest_here = std::max(decision.newest_here, event.place.ord);
        decision.seen.push_back(event.place.id);
    }
    std::sort(decision.seen.begin(), decision.seen.end());
    return decision;
}

Rest behind_shared(const Events& ours, const Events& steps) {
    const auto rest = [](const Events& events, const Events& others) -> Events {
        const auto shared = [&](const Event& event) {
            return std::any_of(others.begin(), others.end(),
                               [&](const Event& other) { return other.tag == event.tag; });
        };
        return {std::find_if(events.rbegin(), events.rend(), shared).base(), events.end()};
    };
    Rest result;
    result.ours = rest(ours, steps);
    result.theirs = rest(steps, ours);
    result.any_shared = result.ours.size() < ours.size();
    return result;
}

void decide_by_rest(Decision& decision, const Rest& rest) {
    decision.ours = strongest(rest.ours);
    const auto theirs = strongest(rest.theirs);
    decision.conflict = decision.ours && theirs;
    decision.taken = theirs && (!decision.ours || *theirs > *decision.ours);
}

Events logged_again(const Events& steps, const Events& rest_of_ours, const Decision& decision, bool unlocked,
                    int source, Xid xid, std::int64_t id) {
    auto result = forwarded(steps, decision, unlocked, source, xid, id);
    for (auto event : staircase(rest_of_ours)) {
        const auto next = id + static_cast<std::int64_t>(result.size());
        event.place = {unlocked ? decision.newest_here : next, next};
        event.xid = xid;
        result.push_back(event);
    }
    return result;
}

Events forwarded(const Events& steps, const Decision& decision, bool unlocked, int source, Xid xid, std::int64_t id) {
    Events result = steps;
    for (auto& event : result) {
        event.place = {unlocked ? decision.newest_here : id, id};
        event.xid = xid;
        event.via = source;
        ++id;
    }
    return result;
}

Events answered(const Events& log, const Decision& decision) {
    Events rest;
    std::copy_if(log.begin(), log.end(), std::back_inserter(rest),
                 [&](const Event& event) { return !contains(decision.seen, event.place.id); });
    return rest;
}

std::optional<Ahead> advance_ahead(const std::optional<Ahead>& entry, const Offer* taken, const Snapshot& position) {
    if (taken != nullptr && !taken->beyond.empty()) return taken->beyond;
    const auto covered = [&](Xid xid) { return position.contains(xid); };
    if (entry && std::all_of(entry->begin(), entry->end(), covered)) return std::nullopt;
    return entry;
}

Ahead still_to_come(const Events& visible, int reader, const Snapshot& position, Xid last) {
    Ahead result;
    if (visible.empty() || visible.back().via == reader) return result;
    for (const auto& event : side(visible, reader, position, {})) {
        if (event.xid > last) result.push_back(event.xid);
    }
    return result;
}

bool is_swept(const Ahead& to_come, const Ahead& taken_ahead) {
    return std::all_of(to_come.begin(), to_come.end(), [&](Xid xid) { return contains(taken_ahead, xid); });
}

std::optional<Tag> losing_truncate(const Events& truncates, int source, const Snapshot& read_of_us) {
    std::optional<Tag> result;
    for (const auto& event : truncates) {
        if (event.via != source && !read_of_us.contains(event.xid) && (!result || event.tag > *result))
            result = event.tag;
    }
    return result;
}

Events compacted_truncates(const Events& truncates) {
    Events result;
    for (auto event = truncates.begin(); event != truncates.end(); ++event) {
        const bool stands_for_it =
            std::any_of(event + 1, truncates.end(), [&](const Event& later) { return later.via == event->via; });
        if (!stands_for_it) result.push_back(*event);
    }
    return result;
}

namespace {

/// By a neighbour that may not have read it.
bool is_wanted(const Event& event, const Acknowledged& acknowledged) {
    return std::any_of(acknowledged.begin(), acknowledged.end(), [&](const auto& neighbour) {
        return neighbour.first != event.via && !(neighbour.second && neighbour.second->contains(event.xid));
    });
}

}  // namespace

Events pruned(const Events& log, const Acknowledged& acknowledged) {
    const auto wanted = [&](const Event& event) { return is_wanted(event, acknowledged); };
    return {std::find_if(log.begin(), log.end(), wanted), log.end()};
}

Events pruned_truncates(const Events& truncates, const Acknowledged& acknowledged) {
    Events result;
    std::copy_if(truncates.begin(), truncates.end(), std::back_inserter(result),
                 [&](const Event& event) { return is_wanted(event, acknowledged); });
    return result;
}

Events compacted(const Events& log) {
    return staircase(log);
}

Events to_log_again(const Events& log, int source, const std::vector<std::int64_t>& seen, Xid xid, std::int64_t id) {
    Events unseen;
    std::copy_if(log.begin(), log.end(), std::back_inserter(unseen),
                 [&](const Event& event) { return event.via != source && !contains(seen, event.place.id); });
    auto again = staircase(unseen);
    for (auto& event : again) {
        event.place = {unseen.back().place.ord, id++};
        event.xid = xid;
    }
    return again;
}

}  // namespace tromp::model
