#pragma once

#include "tests/model/ledger.hpp"
#include "tests/model/rules.hpp"

#include <limits>
#include <map>
#include <optional>
#include <vector>

namespace tromp::model {

/// An instant in the life of a database: a start of its server, and how much was committed by then.
struct Moment {
    int boot = 0;
    std::int64_t commits = 0;
};

constexpr auto all_keys = std::numeric_limits<std::size_t>::max();

/// What an end knows of the link itself: see docs/resync.md.
struct Bond {
    int name = 1;   ///< the end's own
    int knows = 1;  ///< the other end's; 0: none
    bool used = false;
    bool stale = false;               ///< nothing is kept for the other end
    bool whole = true;                ///< what the other end has not read of what we have is in our log
    bool behind = false;              ///< we were, when the name was taken, but for that
    bool yields = false;              ///< we still are
    std::size_t compared = all_keys;  ///< at the end that compares: keys below this one are compared
    std::optional<Moment> seen;       ///< of the other end: everything here is from before that
};

/// What one pull brings; all of one instant at the source.
struct Batch {
    struct Item {
        std::size_t key = 0;
        Offer offer;
        Image row;
        Ahead ahead_of_us;  ///< what the source took ahead of the reader's events of the key
        Events log_then;    ///< the reader's own events at the time of the pull: only for Rules::look_after_locks
    };
    Snapshot position;    ///< the reader's, once this is applied
    Snapshot read_of_us;  ///< the source's, in the reader's log
    std::vector<Item> items;
    std::optional<Event> truncate;  ///< the strongest that the chunk holds
    struct Gone {
        std::size_t key = 0;
        Image row;  ///< none, and whose write that is
        Ahead ahead_of_us;
    };
    std::vector<Gone> gone;           ///< where it holds one: keys to be compared, which have no row at the source
    std::size_t compared = all_keys;  ///< of the link, at both ends: keys from here on may differ without a word
    std::optional<std::size_t> compares_to;  ///< it is not about events, but compares the keys up to this one
    bool source_yields = false;
    bool source_truncated = false;  ///< and the reader has not read that
    std::optional<Moment> seen;
};

/// How the two sides of a key meet, where links begin anew and events may be in both.
enum class Meeting : char {
    of_strangers,  ///< no event is in both
    ours_goes_on,  ///< some are in both; ours has more to say, or is the stronger by what only it has
    alike,         ///< all are in both; the row here stays
};

/// A batch on its way into the reader: pulled, and then looked at.
struct Incoming {
    Batch batch;
    Xid xid = 0;                  ///< of the apply transaction; 0 before the look
    bool deletes_absent = false;  ///< after the look: it deletes where there is no row to lock
    std::vector<Decision> decisions;
    std::vector<Image> here;                     ///< what was there at the look
    std::vector<std::optional<Decision>> swept;  ///< by `gone`; none: there is no row here either
    std::vector<Image> here_gone;                ///< by `gone`: what was there at the look
    std::uint64_t refused = 0;                   ///< bits by key: rows that the database refuses
    std::vector<Meeting> meetings;               ///< by item
    std::vector<char> differs;                   ///< of a comparison, by item: see Difference
    bool refuses(std::size_t key) const { return (refused >> key & 1U) != 0; }
};

/// A delete taken without a row to lock, not looked at again yet.
struct Unlocked {
    std::size_t key = 0;
    std::vector<std::int64_t> seen;
};

/// What a node's database holds about one neighbour, and the batch of its daemon that comes from there.
struct Link {
    Snapshot position;
    std::optional<Snapshot> acknowledged;
    std::vector<std::optional<Ahead>> ahead;  ///< by key
    std::vector<Unlocked> unlocked;
    std::optional<Incoming> incoming;
    Bond bond;
};

/// A user's open transaction.
struct Transaction {
    struct Change {
        std::size_t key = 0;  ///< of no meaning for a TRUNCATE
        Event event;
        bool present = false;
        bool is_of(std::size_t wanted) const { return event.action == 'T' || key == wanted; }
    };
    std::vector<Change> changes;
};

/// What the rule of a table gives to a change.
struct Strengths {
    double write = 0;
    double removal = 0;
};

/// One database: rows, log, locks and transaction ids, and what its users do.
class Node {
  public:
    Node(int number, std::size_t keys);

    Snapshot snapshot() const;
    Xid begin();
    Xid next_xid() const { return next_xid_; }
    /// Committed or rolled back: its locks are free.
    void finish(Xid xid, bool committed);
    bool is_locked(std::size_t key) const { return locks[key] != 0; }
    /// By a TRUNCATE, which keeps everybody else away until its transaction ends.
    bool is_truncating() const { return truncating_ != 0; }
    void log_event(std::size_t key, const Event& event);
    /// The row of the key: that which is held, where one is.
    const Image& row_of(std::size_t key) const { return held[key] ? *held[key] : rows[key]; }
    /// A user's change supersedes the row that is held.
    /// The tag by which the ledger knows what a TRUNCATE did to one key.
    Tag tag_of_truncate(const Event& event, std::size_t key) const;
    void discard_held(std::size_t key, Ledger& ledger);
    Moment now() const { return {boots.back().boot, commits}; }
    /// Is that a moment of the past of this database, and not of one that was lost?
    bool remembers(const std::optional<Moment>& moment) const;
    Ahead ahead_of(int neighbour, std::size_t key) const;
    Acknowledged acknowledged() const;

    /// A user's statement in the open transaction `xid`: inserts the row where it is absent; else deletes or updates
    /// it. False where somebody else has it locked.
    bool change(Xid xid, std::size_t key, bool deletes, const Strengths& strengths, std::int64_t version);
    /// A user's TRUNCATE in the open transaction `xid`. False where somebody else has locked something. `strength`
    /// orders TRUNCATEs only among themselves: it must be below that of every change of a row.
    bool truncate(Xid xid, std::int64_t version, double strength = -std::numeric_limits<double>::infinity());
    void commit(Xid xid, Ledger& ledger);
    /// The server: what was open is gone, and ids that left no trace are used again.
    void crash();
    /// The daemon dies with the batch from `neighbour`, or the link does: its transaction is rolled back.
    void drop_incoming(int neighbour);

    int number;
    std::vector<Image> rows;                 ///< by key
    std::vector<std::optional<Image>> held;  ///< by key: taken, but refused
    std::vector<Events> logs;                ///< by key
    Events truncates;                        ///< the log of the table
    std::vector<Xid> locks;                  ///< by key; 0: free
    std::map<int, Link> links;
    std::map<Xid, Transaction> open;  ///< users' and, without changes, daemons'
    std::int64_t clock = 0;           ///< the highest version received
    std::int64_t next_id = 1;
    std::int64_t wall = 0;              ///< the time, by its clock
    std::vector<Moment> boots{{0, 0}};  ///< starts of the server, each with what was committed by then
    std::int64_t commits = 0;

  private:
    bool present_for(Xid xid, std::size_t key) const;
    void commit_truncate(const Event& event, Ledger& ledger);

    Xid truncating_ = 0;
    Xid next_xid_ = 3;
    Xid completed_ = 2;  ///< the latest id that has ended
    Xid durable_ = 2;    ///< the latest id that left a trace on disk
};

}  // namespace tromp::model
