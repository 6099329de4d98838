#pragma once

#include "common/connection.hpp"
#include "common/report.hpp"
#include "daemon/block_keeper.hpp"
#include "daemon/flow.hpp"

#include <functional>
#include <set>

namespace tromp {

/// One direction of a link, connected at both ends.
struct Flow {
    pg::Connection& source;
    pg::Connection& target;
    Peer from;
    int reader = 0;  ///< the target's node
    TablePairs pairs;
    std::uint64_t chunk = 0;                        ///< events
    std::function<void(const BatchHeader&)> begun;  ///< called when a batch with something to apply has begun
    /// Called by every pull, before anything of it is applied, with how far the source's clock is ahead of the
    /// target's.
    std::function<void(const ClockReading&)> clocks;
    BlockKeeper blocks;
    /// Both logs were searched for events that were overlooked: who goes back to an earlier state ends its sessions.
    bool looked_back = false;
    std::string target_conninfo{};  ///< for statements that cannot be in a transaction
    bool apply_ddl = true;          ///< schema statements of others are run here; else they are only told on
    bool begins = false;            ///< the link has no position yet
    bool held_turn = false;         ///< the last batch was, or might have been, about a table that had been held
    bool objects_anew = false;      ///< for the next batch: see ObjectsOvertaken
    std::set<int> stages{};         ///< the source's ids of the tables that have a stage in the target's session
};

enum class Outcome {
    empty,    ///< the source has nothing that we do not know
    applied,  ///< a batch was applied; there may be more
    paused,   ///< one of the ends paused the link
    anew,     ///< the link is to begin, or begins anew: the ends must meet
    changed,  ///< a table changed while it was read; the tables must be read again
    again,    ///< a row here changed while its large object was compared; the batch must be taken again
};

struct BatchReport {
    Outcome outcome = Outcome::empty;
    BatchHeader header;
    bool acknowledged = false;            ///< the source has read more of our log than we knew
    std::optional<std::int64_t> waiting;  ///< events that wait beyond this batch, where it was counted
    bool all_read = false;                ///< it was applied, and brought all that was committed before it began
    ComparingReport comparing{};          ///< of both ends
    std::int64_t rows = 0;
    std::int64_t conflicts = 0;
};

/// Takes one batch the whole way: pull, stage, resolve, apply, forward, advance, and one commit at the target, which
/// either happens with all of it or not at all. When this throws, drop the target's session; the position there tells
/// what happened.
pg::asio::awaitable<BatchReport> replicate_batch(Flow& flow);

}  // namespace tromp
