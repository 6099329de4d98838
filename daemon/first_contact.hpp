#pragma once

#include "daemon/batch.hpp"

namespace tromp {

/// Compares the replicated tables that were not compared over this link yet by checksum, leaving out the keys that are
/// in either log, because those will be replicated. Equal: a new link gets its position and starts, reading the whole
/// log. Different: nothing is merged that nobody asked to merge. A new link then throws Error, which says that a join
/// is needed; one that flows gets on without these tables, which are returned.
pg::asio::awaitable<std::vector<Misfit>> first_contact(Flow& flow);

}  // namespace tromp
