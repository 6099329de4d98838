#pragma once

#include "tests/model/world.hpp"

#include <string>

namespace tromp::model {

/// The least strength that states can tell; of TRUNCATEs.
constexpr double weakest = -10;

/// Everything on which the future of a world depends, and its verdict, as something to compare by: worlds with equal
/// states behave alike. Only where no user's transaction is open, no chunk was cut, and the tags of all writes differ
/// in their strength (so that versions decide nothing), a small whole number from `weakest` on. `mirrored`: as if the
/// nodes were numbered the other way round.
std::string state_of(const World& world, bool mirrored);

}  // namespace tromp::model
