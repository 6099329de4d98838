#pragma once

#include "tests/chaos/history.hpp"
#include "tests/chaos/world.hpp"

namespace tromp::test {

/// Does what users do about rows that are held because another row has their claim: changes the other row or deletes
/// it, or discards the held one, until no row is held at any node. What they write is added to the history. Throws
/// std::runtime_error when it comes to no end.
void decide_held_rows(World& world, History& history);

}  // namespace tromp::test
