#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/comparison.hpp"
#include "common/scope.hpp"

namespace tromp::ctl {

/// What an end has of a key, at one instant.
struct RowSeen {
    std::optional<std::string> hash;  ///< nothing: no row
    std::string version;              ///< of the row; another one after any write
    bool moving = false;              ///< it has something of the key that the other end has not read
    bool held = false;                ///< a row that it could not apply counts as its row
};

struct BothSeen {
    RowSeen here;
    RowSeen there;
};

enum class Finding {
    equal,
    missing_here,
    missing_there,
    different,
    held,        ///< they differ because an end holds a row
    on_the_way,  ///< what makes them equal, or decides, is under way
};

/// What two looks at a key say, the second begun when the first had ended; nothing: look again.
///
/// The ends are seen at different instants, so one look can say little: a change may have been made, carried over and
/// pruned between them. But a row that has the same version in both looks was there unchanged from the first to the
/// second, at both ends, so there was an instant at which both were. If then neither end has anything of the key that
/// the other has not read, nothing is left that would change either.
std::optional<Finding> judge(const std::optional<BothSeen>& before, const BothSeen& now);

/// Whose databases are looked at.
struct LinkEnds {
    pg::Connection& here;
    pg::Connection& there;
    int own_node = 0;
    int neighbour = 0;
};

/// What the neighbour has read of the log in the database of `connection`, and the like. Throws Error where what is
/// told there is none.
Reading reading_of(const pg::Result& state);

struct Findings {
    std::vector<Finding> of_keys{};  ///< in their order
    std::int64_t bytes = 0;          ///< that went to the neighbour and came from there, without their wrapping
};

/// Looks at keys that were found to differ until it is known what it is with each, or some times. Outside of
/// transactions.
pg::asio::awaitable<Findings> look_again(LinkEnds ends, const TablePair& pair, bool recoded,
                                         const std::vector<DifferentKey>& keys);

}  // namespace tromp::ctl
