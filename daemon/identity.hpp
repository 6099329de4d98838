#pragma once

#include "daemon/flow.hpp"

namespace tromp {

/// A position is good only for the database that it was read from, and only if neither end has gone back since: to a
/// backup, an older snapshot of its disk, a standby that was behind. Throws Error that names what happened and says
/// what to do; nothing may be read then, because changes would be skipped.
void check_identity(const StoredState& state, const BatchHeader& header, const Peer& from);

}  // namespace tromp
