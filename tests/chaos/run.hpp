#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/chaos/checker.hpp"
#include "tests/chaos/plan.hpp"
#include "tests/chaos/world.hpp"

namespace tromp::test {

struct RunReport {
    std::uint64_t seed = 0;
    std::size_t nodes = 0;
    std::size_t transactions = 0;
    std::size_t operations = 0;
    std::size_t truncates = 0;  ///< of these
    std::size_t faults = 0;
    std::size_t held = 0;             ///< rows that were held at any time, each at a node
    std::size_t held_to_the_end = 0;  ///< those that were left when all else was quiet
    std::size_t conflicts = 0;
    std::vector<Violation> violations{};
    /// What went wrong otherwise: a daemon that ended by itself, an error that no writer should get, no quiet.
    std::vector<std::string> failures{};
    std::string faults_by_name{};

    bool ok() const { return violations.empty() && failures.empty(); }
    bool has(Violation::Kind kind) const;
};

/// Carries out a plan: makes the nodes, lets writers and faults loose, heals everything, waits until all is quiet, and
/// checks; once more after somebody has decided about all rows that are held. `sabotage` is called when all links
/// stand, before the writers begin. Of a run that fails everything of use is kept in $TROMP_CHAOS_KEEP/SEED, when that
/// is set; with $TROMP_CHAOS_KEEP_ALL of any run.
RunReport carry_out(const Plan& plan, const std::function<void(World&)>& sabotage = {});

/// The one line that tells of a run.
std::string line(const RunReport& report);
/// And what was wrong, a line each.
std::string complaints(const RunReport& report);

}  // namespace tromp::test
