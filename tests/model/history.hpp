#pragma once

#include "tests/model/world.hpp"

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

namespace tromp::model {

/// What happens in a random tree, as numbers from which everything is drawn. Any part of `steps` can be left out and it
/// is still a history: a step that cannot be done is passed over.
struct History {
    std::uint64_t shape = 0;  ///< nodes, tree, keys, clocks, resolver
    std::vector<std::uint64_t> steps;
};

/// For a report: what happens in it, in words.
std::ostream& operator<<(std::ostream& out, const History& history);

struct Outcome {
    std::string wrong;  ///< empty if all that must hold does
    int conflicts = 0;
};

/// Runs the history, drains the tree and looks. What users and daemons do is told to `story`, if given.
Outcome run(const History& history, const Rules& rules, std::string* story = nullptr);

}  // namespace tromp::model
