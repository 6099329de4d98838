#pragma once

#include "common/error.hpp"
#include "common/position.hpp"
#include "common/replicated_table.hpp"
#include "common/scope.hpp"
#include "daemon/clock_reading.hpp"
#include "daemon/reach.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace tromp {

/// A node as a link sees it.
struct Peer {
    int node = 0;
    std::string name;
};

/// Which database it is: a position is only good for the database it was read from.
struct Identity {
    std::string system_identifier;
    std::string timeline;
    std::string incarnation;
    std::string link;  ///< the source's name for this link; empty where it is not known yet
    std::string mark;  ///< the source's latest mark for the reader; empty where a version made it that had none
    bool operator==(const Identity&) const = default;
};

/// The marks of a database for a reader of its log: which of them the reader may hold.
struct Marks {
    std::string latest;
    std::string before;
    /// A reader from an older version has none, which is right.
    bool know(const std::string& mark) const { return mark.empty() || mark == latest || mark == before; }
};

/// The source can not be read yet, for a reason that passes when somebody does what the message says: nothing is wrong.
class NotYet : public Error {
  public:
    using Error::Error;
};

/// What the target's database knows of a direction before a pull.
struct StoredState {
    bool paused = false;
    bool forwards = false;               ///< there are other neighbours who want what is taken
    bool suspects = false;               ///< what a chunk may have left without its parent is not reported yet
    std::optional<Snapshot> position;    ///< none before the first contact
    HeldTables held;                     ///< the source's tables that wait by themselves
    int schema_version = 0;              ///< of the target's schema `replication`
    std::string acknowledged;            ///< the source's position in the target's log, as stored; empty if none
    std::string acknowledged_held;       ///< the target's tables that the source holds, as stored
    std::string compared;                ///< the tables that the source has compared with the target's, as stored
    Identity identity;                   ///< of the database that `position` was read from
    std::string own_name;                ///< the target's
    std::string own_link;                ///< the target's name for the link
    bool used = false;                   ///< something was read under these names
    bool whole = false;                  ///< what the target has and the source has not read is in its log
    bool behind = false;                 ///< it was, when the name was taken, and the source had not gone back
    bool yields = false;                 ///< the same, as it is now
    std::string asked;                   ///< a Request, as text; empty: none
    Comparing comparing;                 ///< the target's tables that are being made equal with the source's
    Marks own_marks;                     ///< the target's for the source
    std::string moved;                   ///< how the target is not where its links began; empty: it is there
    std::int64_t last_event = 0;         ///< the highest event id of the source seen so far
    std::optional<std::int64_t> newest;  ///< the highest version among the source's events that were read
    ClockReading clock;                  ///< of the target
    Place place;                         ///< of the target
    Reach reach;                         ///< what the source was known to reach
};

/// What the source says at the beginning of a pull; all of one instant.
struct BatchHeader {
    Snapshot now;
    Xid last = 0;                    ///< the chunk holds the unread events of transactions up to this one; 0 for none
    std::int64_t events = 0;         ///< in the chunk
    std::int64_t events_for_us = 0;  ///< of these, not known to the target
    std::int64_t newest = 0;         ///< the highest version in the chunk
    std::string statements;          ///< in the log and unread, beyond the chunk too: an array of [origin, number]
    double oldest_age = 0;           ///< seconds since the oldest of these was made, by the source's clock
    ClockReading clock;              ///< of the source
    Lsn inserted = 0;                ///< must be flushed at the source before the target commits
    Identity identity;
    Marks marks;             ///< of the source for the target
    std::string link_of_us;  ///< the target's name for the link, and its mark, as the source keeps them
    bool behind = false;     ///< StoredState::behind of the source, and so on
    bool yields = false;
    std::string asked;
    Comparing comparing;  ///< the source's tables
    std::string mark_of_us;
    std::optional<std::int64_t> newest_of_us;  ///< StoredState::newest of the source
    std::string moved;                         ///< as StoredState::moved
    std::optional<Snapshot> acknowledged;      ///< what the source knows that the target has read of it
    Reach reach;                               ///< the source first
    std::string reach_text;
    int schema_version = 0;   ///< of the source's schema `replication`
    bool overlooked = false;  ///< there are events that count as read, but were not: see overlooked.sql
    bool paused = false;
    bool any_held = false;               ///< rows are held at the source; their images come in a COPY of their own
    bool accepts_us = false;             ///< the source takes the link the other way for one of the tree
    std::string compared;                ///< the tables that the source has compared with the target's: a checksum
    std::optional<Snapshot> read_of_us;  ///< the source's position in the target's log; none before its first contact
    HeldTables held_of_us;               ///< the target's tables that the source holds
    std::int64_t last_event = 0;
};

/// The tables of both ends, by the source's ids.
using TablePairs = std::map<int, TablePair>;

}  // namespace tromp
