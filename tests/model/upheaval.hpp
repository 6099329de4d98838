#pragma once

#include "tests/model/history.hpp"

#include <array>

namespace tromp::model {

/// What happens in a history beside writing and reading; each can be left out.
struct Upheavals {
    bool joins = true;
    bool relinks = true;
    bool restores = true;
    bool stale = true;
    bool renewals = true;  ///< a link begins anew for no reason, as a person may wish
    bool truncates = true;
    bool refusals = true;  ///< rows are held
};

struct UpheavalOutcome {
    std::string wrong;  ///< empty if all that must hold does
    std::array<int, 8> count{};
};

/// What `count` counts.
inline constexpr std::array upheaval_names{"conflicts", "joins",    "relinks",     "restores",
                                           "stale",     "renewals", "comparisons", "held"};

/// Runs a history in a tree whose links come and go, whose nodes are set back, and whose logs are given up; see
/// docs/resync.md. At the end all nodes are equal, all links flow, all logs are empty, and each write is final, built
/// upon, kept as a loser, or was lost with the disks of all who had it.
UpheavalOutcome run_upheaval(const History& history, int resolver, const Upheavals& kinds, const Rules& rules,
                             std::string* story = nullptr);

}  // namespace tromp::model
