#pragma once

#include "tests/integration/random_logs.hpp"

namespace tromp::test {

/// What the model's functions (tests/model/decisions.hpp) make of a batch from node 1 to node 2, key by key.

constexpr std::int64_t first_new_id = 1000001;  ///< random_logs.cpp sets the sequence before it

/// What the target is to its other neighbours.
enum class Forwards {
    nothing,  ///< there are none
    events,
    rows  ///< and one of them has not compared its tables yet: what a TRUNCATE deletes is told to it row by row
};

/// What the rules make of one key.
struct Expected {
    bool row = false;
    bool is_theirs = false;  ///< what is in the row
    model::Events old_log;   ///< what stays of the log
    model::Events logged;    ///< with ids from `first_new_id` on
    bool unlocked = false;
    std::optional<model::Ahead> ahead;
    std::string conflict;
};

/// The transaction with which the chunk ends: the unread ones of all keys, in order.
Xid last_of_chunk(const RandomSide& source, const Snapshot& position, std::uint64_t chunk);

/// The strongest TRUNCATE of the chunk.
std::optional<model::Event> truncate_of_chunk(const RandomSide& source, const Snapshot& position, Xid last);

/// Rows of these keys are different at the two ends.
bool differs(std::size_t key);

/// `last` as of last_of_chunk(), `position` that of the target after the batch.
Expected expect(const RandomSide& source, const RandomSide& target, std::size_t key, Xid last, const Snapshot& position,
                Forwards forwards);

}  // namespace tromp::test
