#pragma once

#include "daemon/batch.hpp"

namespace tromp {

/// The first time that this direction runs: compares the replicated tables of both ends by checksum, leaving out the
/// keys that are in either log, because those will be replicated. Equal: the position is made and the link starts,
/// reading the whole log. Different: throws Error, which says that a join is needed; nothing is merged that nobody
/// asked to merge.
pg::asio::awaitable<void> first_contact(Flow& flow);

}  // namespace tromp
