#pragma once

#include <string>
#include <vector>

#include "tests/chaos/history.hpp"

namespace tromp::test {

struct Violation {
    enum class Kind {
        different,        ///< two nodes differ in a row
        garbled,          ///< a row has columns of two writes
        lost_commit,      ///< a commit that was answered is not in the ledger of its own node
        torn,             ///< of one transaction some writes are there and some are not
        revived,          ///< what was rolled back is there
        unknown_row,      ///< a final row that nobody committed
        came_back,        ///< a final row that a committed write had found and replaced
        winner_had_lost,  ///< a final row that is in conflicts as a loser
        lost_write,       ///< a committed row that is not final, was not replaced and is not in conflicts
        lost_removal,     ///< the same of a delete
        loser_twice,      ///< one node keeps one loser twice
        false_conflict,   ///< the winner knew the loser, so they were no conflict
        wrong_loser,      ///< the row that is kept as the loser is not of the node whose tag is said to have lost
        held,             ///< a row is held although nothing is in its way
        log_not_drained,  ///< more events than neighbours
    };
    Kind kind{};
    std::string text{};
};

const char* name(Violation::Kind kind);

/// Everything that is wrong with a history; of many violations of one kind the first few.
std::vector<Violation> check(const History& history);

}  // namespace tromp::test
