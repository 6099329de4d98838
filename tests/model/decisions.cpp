#include "tests/model/decisions.hpp"

#include <algorithm>

namespace tromp::model {
namespace {

bool contains(const std::vector<std::int64_t>& ids, std::int64_t id) {
    return std::find(ids.begin(), ids.end(), id) != ids.end();
}

}  // namespace

Events side(const Events& log, int peer, const Snapshot& read, Place ahead) {
    auto after = ahead;
    for (const auto& event : log) {
        if (event.via == peer) after = std::max(after, event.place);
    }
    Events result;
    for (const auto& event : log) {
        if (event.via != peer && event.place > after && !read.contains(event.xid)) result.push_back(event);
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
    auto ours = side(visible, reader, position, Place{});
    if (visible.back().via == reader || ours.empty()) return std::nullopt;

    Offer result;
    const bool inserted = std::any_of(ours.begin(), ours.end(), [](const Event& event) { return event.action == 'I'; });
    for (auto& event : ours) {
        if (inserted && event.action == 'U') event.action = 'I';
    }
    result.steps = staircase(ours);
    result.newest = visible.back().place;
    for (const auto& event : visible) {
        if (unread(event) && event.xid > last) result.beyond.push_back(event.xid);
    }
    std::sort(result.beyond.begin(), result.beyond.end());
    result.beyond.erase(std::unique(result.beyond.begin(), result.beyond.end()), result.beyond.end());
    return result;
}

Events not_taken_yet(const Events& steps, Place ahead) {
    Events result;
    std::copy_if(steps.begin(), steps.end(), std::back_inserter(result),
                 [&](const Event& event) { return event.place > ahead; });
    return result;
}

Decision decide(const Events& steps, const Events& log, int source, const Snapshot& read_of_us, Place ahead_of_us) {
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
    if (taken != nullptr && !taken->beyond.empty()) return Ahead{taken->newest, taken->beyond};
    const auto covered = [&](Xid xid) { return position.contains(xid); };
    if (entry && std::all_of(entry->beyond.begin(), entry->beyond.end(), covered)) return std::nullopt;
    return entry;
}

Events pruned(const Events& log, const Acknowledged& acknowledged) {
    const auto wanted = [&](const Event& event) {
        return std::any_of(acknowledged.begin(), acknowledged.end(), [&](const auto& neighbour) {
            return neighbour.first != event.via && !(neighbour.second && neighbour.second->contains(event.xid));
        });
    };
    return {std::find_if(log.begin(), log.end(), wanted), log.end()};
}

Events compacted(const Events& log) {
    return staircase(log);
}

Events to_log_again(const Events& log, int source, const std::vector<std::int64_t>& seen, Xid xid, std::int64_t id) {
    Events unseen;
    std::copy_if(log.begin(), log.end(), std::back_inserter(unseen),
                 [&](const Event& event) { return !contains(seen, event.place.id); });
    const auto overtook = [&](const Event& event) { return event.via != source; };
    if (std::none_of(unseen.begin(), unseen.end(), overtook)) return {};
    auto again = staircase(unseen);
    for (auto& event : again) {
        event.place = {unseen.back().place.ord, id++};
        event.xid = xid;
    }
    return again;
}

}  // namespace tromp::model
