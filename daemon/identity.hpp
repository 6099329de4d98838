#pragma once

#include "common/connection.hpp"
#include "daemon/flow.hpp"

namespace tromp {

/// What of the past that two ends have in common does not hold any more: in words, empty where it holds.
struct LostPast {
    std::string theirs;  ///< the source went back to an earlier state, or was set up anew
    std::string ours;    ///< the target did
};

/// A position is good only for the database that it was read from, and only if neither end has gone back since, or was
/// moved: to a backup, an older snapshot of its disk, a standby, a copy, another cluster. Otherwise changes would be
/// skipped, or taken for known at the other end: the link begins anew then.
LostPast find_lost_past(const StoredState& state, const BatchHeader& header, const Peer& from);

/// Has the source read something of the target's log that is there no more, with others in its place? In words; empty:
/// no.
pg::asio::awaitable<std::string> find_overlooked(pg::Connection& target, const BatchHeader& header, const Peer& from);

/// Throws Error where a database is not where its links began: only its `init` may say that it is that node.
/// `moved` as StoredState::moved.
void check_at_home(const std::string& name, const std::string& moved);

}  // namespace tromp
