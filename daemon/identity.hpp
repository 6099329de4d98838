#pragma once

#include "daemon/flow.hpp"

namespace tromp {

/// A position is good only for the database that it was read from, and only if neither end has gone back since, or was
/// moved: to a backup, an older snapshot of its disk, a standby, a copy, another cluster. Throws Error that names what
/// happened and says what to do; nothing may be read then, because changes would be skipped, or taken for known at the
/// other end.
void check_identity(const StoredState& state, const BatchHeader& header, const Peer& from);

/// What of it must hold at either end before anything else is looked at. `moved` as StoredState::moved.
void check_at_home(const std::string& name, const std::string& moved);

/// What the source has read of us was read by this link, and not by one that was ended here since.
void check_begun_alike(const std::string& own_link, const BatchHeader& header, const Peer& from);

/// `overlooked`: the answer of overlooked.sql in our own log, by what the source has read of it.
void check_nothing_overlooked(bool overlooked, const Peer& from);

}  // namespace tromp
