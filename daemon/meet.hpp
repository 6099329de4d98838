#pragma once

#include "daemon/batch.hpp"

#include <cstddef>

namespace tromp {

/// What keeps the ends from being equal in everything that they replicate.
struct Meeting {
    std::size_t open_statements = 0;  ///< of the source, which could not be run at the target yet
    bool any_held = false;            ///< these, or tables that wait
    std::string waits{};              ///< nothing may be read yet, for this reason; mostly empty
};

/// The ends of a link meet: when it comes up, and when either may have changed. Runs the statements that come before
/// anything else, finds out which tables fit, compares those that were not compared yet, and holds the others. The
/// flow has the pairs of those that fit then. Throws where nothing may flow at all.
pg::asio::awaitable<Meeting> meet(Flow& flow);

}  // namespace tromp
