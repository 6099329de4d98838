#pragma once

#include "common/position.hpp"

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

/// The rules by which the daemon decides (docs/how-it-works.md, 2 to 6), for one key at a time and without a database.
/// The product decides for all keys of a batch at once, in SQL; tests/integration/decisions.test.cpp holds that its
/// queries and these functions decide alike. What the product itself has in C++, `cut` and Snapshot, is used from
/// there.
namespace tromp::model {

/// Where an event stands among those of its key. {0, 0} is before all.
struct Place {
    std::int64_t ord = 0;
    std::int64_t id = 0;
    auto operator<=>(const Place&) const = default;
};

/// Made with the event, kept when it is forwarded; the greater one is the stronger one.
struct Tag {
    double strength = 0;
    std::int64_t version = 0;
    int origin = 0;
    std::int64_t number = 0;  ///< the event's id at its origin
    auto operator<=>(const Tag&) const = default;
};

struct Event {
    Place place;
    Xid xid = 0;
    int via = 0;
    char action = 'U';  ///< I, U, D, or T in the log of the table
    Tag tag;
    bool operator==(const Event&) const = default;
};

/// Events of one key, ascending by place: every function here expects and returns them so.
using Events = std::vector<Event>;

/// What a node took of a key beyond its position in a neighbour's log: these transactions of it, ascending, each once.
using Ahead = std::vector<Xid>;

/// The events that `peer` has not read, nor taken ahead of its position, that did not come from it, and that are newer
/// than the last that did.
Events side(const Events& log, int peer, const Snapshot& read, const Ahead& ahead);

/// Those that are stronger than all later ones. The last one is always among them, and so is the strongest.
Events staircase(const Events& events);

/// Nothing where there are no events: a side is as strong as its strongest event.
std::optional<Tag> strongest(const Events& events);

/// What a source ships of a key beside its row.
struct Offer {
    /// The staircase of its side, and every event that was put into an earlier place: the reader may have taken ahead
    /// what comes behind it. An update in a side that holds an insert has become an insert.
    Events steps;
    Ahead beyond;  ///< transactions of the key's unread events beyond the chunk
};

/// `visible` are the key's events in the pull's snapshot, `position` the reader's, `last` the transaction with which
/// the chunk ends. Nothing where the key is not in the chunk, or where the reader has, or gave us, its newest state.
std::optional<Offer> offer(const Events& visible, int reader, const Snapshot& position, Xid last);

/// The steps that the reader did not take ahead; none: the row went with an earlier chunk.
Events not_taken_yet(const Events& steps, const Ahead& ahead);

struct Decision {
    Tag theirs;
    std::optional<Tag> ours;  ///< none: our side is empty
    bool taken = false;
    bool conflict = false;
    std::int64_t newest_here = 0;    ///< the greatest `ord` of the key in our log; 0 where there is none
    std::vector<std::int64_t> seen;  ///< ids of all its events in our log, ascending
    bool operator==(const Decision&) const = default;
};

/// The target's decision about a key. `steps` are the source's, not empty; `log` is ours, looked at after the row was
/// locked; `read_of_us` and `ahead_of_us` are the source's position and what it took ahead, of the pull's instant.
Decision decide(const Events& steps, const Events& log, int source, const Snapshot& read_of_us,
                const Ahead& ahead_of_us);

/// Two sides after the last event that is in both: to each of the ends that one is known, with all before it.
struct Rest {
    bool any_shared = false;
    Events ours;
    Events theirs;
};
Rest behind_shared(const Events& ours, const Events& steps);

/// Decides once more, by the rest; for sides of which some event is in both. Where nothing is left of either, the row
/// that stays is not decided here.
void decide_by_rest(Decision& decision, const Rest& rest);

/// What is logged where ours stays though some events are in both: the source's steps, as known to it, and behind them
/// what only we have. With ids from `id` on; where no row could be locked, right behind the newest that was seen.
Events logged_again(const Events& steps, const Events& rest_of_ours, const Decision& decision, bool unlocked,
                    int source, Xid xid, std::int64_t id);

/// What is logged for the other neighbours when the steps are taken by transaction `xid`, with ids from `id` on. Where
/// no row could be locked, the events go right behind the newest that was seen.
Events forwarded(const Events& steps, const Decision& decision, bool unlocked, int source, Xid xid, std::int64_t id);

/// The log of a leaf that has taken the key: what was looked at is answered.
Events answered(const Events& log, const Decision& decision);

/// The entry after a batch that moves the position to `position`; `taken` is the key's offer, if it was decided about.
std::optional<Ahead> advance_ahead(const std::optional<Ahead>& entry, const Offer* taken, const Snapshot& position);

// TRUNCATE is an event of the table and of none of its keys. It has no part in any side: all that it does is to make
// its reader compare. A row that the source does not have is deleted by the reader, unless its own side of the key says
// something, which is stronger than any TRUNCATE.

/// Transactions beyond the chunk of the source's side of a key: with them the key comes with a later chunk, and is not
/// compared before. `visible`, `reader`, `position` and `last` as for offer().
Ahead still_to_come(const Events& visible, int reader, const Snapshot& position, Xid last);

/// Does the reader compare a key that has no row at the source and is not decided about anyway? Not where something
/// comes later that it has not taken ahead.
bool is_swept(const Ahead& to_come, const Ahead& taken_ahead);

/// The TRUNCATE in our log that loses when a row comes for a key that has neither a row nor a side here: the strongest
/// that the source had not seen. It is one to be kept as a loser where the source's side holds no insert: what was
/// inserted had been deleted there as well. `truncates` is our log of the table.
std::optional<Tag> losing_truncate(const Events& truncates, int source, const Snapshot& read_of_us);

/// What remains of the TRUNCATEs while a neighbour is away: of each way the latest, since one that is not read yet does
/// for all.
Events compacted_truncates(const Events& truncates);

/// By neighbour: what it has read of our log, if that is known.
using Acknowledged = std::map<int, std::optional<Snapshot>>;

/// What remains of a key's events: those that some neighbour, other than the one that it came from, may not have read,
/// and all later ones.
Events pruned(const Events& log, const Acknowledged& acknowledged);

/// The same of the TRUNCATEs, each by itself.
Events pruned_truncates(const Events& truncates, const Acknowledged& acknowledged);

/// What remains of a key's events while a neighbour is away: those that are stronger than all later ones.
Events compacted(const Events& log);

/// After a delete was taken from `source` for a key without a row to lock: what was committed meanwhile, those that are
/// stronger than all later ones, to be logged once more by
/// transaction `xid` with ids from `id` on, right behind the newest of them. They keep their tags, since the source may
/// weigh either of the two. `seen` are the ids of the events that were looked at.
Events to_log_again(const Events& log, int source, const std::vector<std::int64_t>& seen, Xid xid, std::int64_t id);

}  // namespace tromp::model
