#include "tests/integration/expected.hpp"

#include <algorithm>
#include <limits>

namespace tromp::test {

Xid last_of_chunk(const RandomSide& source, const Snapshot& position, std::uint64_t chunk) {
    std::vector<Xid> unread;
    for (const auto& log : source.logs) {
        for (const auto& event : log) {
            if (!position.contains(event.xid)) unread.push_back(event.xid);
        }
    }
    for (const auto& event : source.truncates) {
        if (!position.contains(event.xid)) unread.push_back(event.xid);
    }
    std::sort(unread.begin(), unread.end());
    return unread.empty() ? 0 : unread[std::min<std::size_t>(chunk, unread.size()) - 1];
}

std::optional<model::Event> truncate_of_chunk(const RandomSide& source, const Snapshot& position, Xid last) {
    std::optional<model::Event> result;
    for (const auto& event : source.truncates) {
        const bool in_chunk = event.via != 2 && event.xid <= last && !position.contains(event.xid);
        if (in_chunk && (!result || event.tag > result->tag)) result = event;
    }
    return result;
}

bool differs(std::size_t key) {
    return key % 3 == 0;
}

namespace {

std::string words(const model::Tag& winner, const model::Tag& loser) {
    return std::to_string(winner.origin) + ' ' + std::to_string(winner.version) + ' ' + std::to_string(loser.origin) +
           ' ' + std::to_string(loser.version);
}

bool holds_insert(const model::Events& events) {
    return std::any_of(events.begin(), events.end(), [](const model::Event& event) { return event.action == 'I'; });
}

/// What a TRUNCATE makes of a key that no event of the batch is about.
void expect_swept(Expected& result, const model::Event& truncate, const RandomSide& source, const RandomSide& target,
                  std::size_t key, Xid last, Forwards forwards) {
    const auto to_come = model::still_to_come(source.logs[key], 2, target.position, last);
    const bool swept = model::is_swept(to_come, target.ahead[key].value_or(model::Ahead{}));
    if (source.rows[key] || !target.rows[key] || !swept) return;
    const auto ahead_of_us = source.ahead[key].value_or(model::Ahead{});
    const auto decision = model::decide({truncate}, target.logs[key], 1, source.position, ahead_of_us);
    const auto ours = model::side(target.logs[key], 1, source.position, ahead_of_us);
    if (decision.conflict && !holds_insert(ours))
        result.conflict = words(std::max(decision.theirs, *decision.ours), std::min(decision.theirs, *decision.ours));
    if (!decision.taken) return;
    result.row = false;
    if (forwards == Forwards::nothing) result.old_log = model::answered(target.logs[key], decision);
    if (forwards != Forwards::rows || !target.logs[key].empty()) return;
    auto told = truncate;
    told.action = 'D';
    told.via = 1;
    told.xid = 0;
    told.place = {first_new_id, first_new_id};
    result.logged = {told};
}

/// By which an end tells the other one which of two rows it is; its version and its number are whatever they are.
model::Event event_without_writer() {
    model::Event event;
    event.via = 2;
    event.tag = {std::numeric_limits<double>::lowest(), 0, 2, 0};
    event.place = {first_new_id, first_new_id};
    return event;
}

/// Where events are in both sides; `decision` is of whole sides.
void expect_shared(Expected& result, const model::Events& steps, const model::Rest& rest, model::Decision decision,
                   const RandomSide& source, const RandomSide& target, std::size_t key, Forwards forwards) {
    const bool present = source.rows[key];
    const bool here = target.rows[key];
    const auto theirs = decision.theirs;
    const auto losing = model::losing_truncate(target.truncates, 1, source.position);
    model::decide_by_rest(decision, rest);
    const bool alike = !decision.ours && !decision.taken;
    const bool same = present == here && !(present && differs(key));
    if (alike) {
        decision.taken = same || present;
        if (!same) result.conflict = words(theirs, present && !here && losing ? *losing : theirs);
    } else if (decision.conflict && (present || here)) {
        const auto of_rest = *model::strongest(rest.theirs);
        result.conflict = words(std::max(of_rest, *decision.ours), std::min(of_rest, *decision.ours));
    } else if (!decision.taken && !decision.conflict && here && !present && steps.back().action != 'D') {
        auto truncate = theirs;  // which comes behind what both have
        truncate.strength = -std::numeric_limits<double>::infinity();
        result.conflict = words(*decision.ours, std::min(truncate, *decision.ours));
    } else if (!decision.ours && losing && present && !here && !holds_insert(steps)) {
        result.conflict = words(*model::strongest(rest.theirs), *losing);
    }
    result.logged = {};
    if (!decision.taken) {
        const auto ours = alike ? model::Events{event_without_writer()} : rest.ours;
        result.logged = model::logged_again(steps, ours, decision, !here, 1, 0, first_new_id);
        return;
    }
    result.row = present;
    result.is_theirs = present;
    result.unlocked = !present && !here;
    if (forwards != Forwards::nothing) {
        result.logged = model::forwarded(steps, decision, result.unlocked, 1, 0, first_new_id);
    } else {
        result.old_log = model::answered(target.logs[key], decision);
    }
    if (!alike || same) return;
    auto told = event_without_writer();
    const auto id = first_new_id + static_cast<std::int64_t>(result.logged.size());
    told.place = {id, id};
    result.logged.push_back(told);
}

}  // namespace

Expected expect(const RandomSide& source, const RandomSide& target, std::size_t key, Xid last, const Snapshot& position,
                Forwards forwards) {
    Expected result;
    result.row = target.rows[key];
    result.old_log = target.logs[key];
    auto offer = model::offer(source.logs[key], 2, target.position, last);
    const auto known = target.ahead[key].value_or(model::Ahead{});
    const auto steps = offer ? model::not_taken_yet(offer->steps, known) : model::Events{};
    result.ahead = model::advance_ahead(target.ahead[key], steps.empty() ? nullptr : &*offer, position);
    const auto truncate = truncate_of_chunk(source, target.position, last);
    if (steps.empty()) {
        if (truncate) expect_swept(result, *truncate, source, target, key, last, forwards);
        return result;
    }

    const auto ahead_of_us = source.ahead[key].value_or(model::Ahead{});
    const auto decision = model::decide(steps, target.logs[key], 1, source.position, ahead_of_us);
    const bool present = source.rows[key];
    const bool here = target.rows[key];
    const auto rest = model::behind_shared(model::side(target.logs[key], 1, source.position, ahead_of_us), steps);
    if (rest.any_shared) {
        expect_shared(result, steps, rest, decision, source, target, key, forwards);
        return result;
    }
    if (decision.conflict && (present || here)) {
        result.conflict = words(std::max(decision.theirs, *decision.ours), std::min(decision.theirs, *decision.ours));
    }
    const auto losing = model::losing_truncate(target.truncates, 1, source.position);
    if (losing && !decision.ours && present && !here && !holds_insert(steps))
        result.conflict = words(decision.theirs, *losing);
    if (!decision.taken) return result;
    result.row = present;
    result.is_theirs = present;
    result.unlocked = !present && !here;
    if (forwards != Forwards::nothing) {
        result.logged = model::forwarded(steps, decision, result.unlocked, 1, 0, first_new_id);
    } else {
        result.old_log = model::answered(target.logs[key], decision);
    }
    return result;
}

}  // namespace tromp::test
