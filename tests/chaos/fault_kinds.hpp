#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/chaos/world.hpp"

namespace tromp::test {

/// A thing that something can be wrong with; one fault at a time each.
enum class FaultTarget {
    link,      ///< the way to one end of a link
    daemon,    ///< of a node
    server,    ///< a cluster
    database,  ///< of a node
};

struct FaultKind {
    std::string name;
    FaultTarget target;
    /// Brings it about at the target of this index; `amount` is a random number. Returns how to end it; nothing when
    /// it could not be brought about. Throws SqlError when the server was not there to be troubled.
    std::function<std::function<void()>(World&, std::size_t index, std::uint64_t amount)> begin;
    bool only_asked_for = false;  ///< by name: too new to be part of every run
};

const std::vector<FaultKind>& fault_kinds();

/// What the faults may have left of tables that differ; all servers have to run.
void make_tables_fit(World& world);

}  // namespace tromp::test
