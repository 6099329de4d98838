#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tromp {

/// A node that a neighbour says it reaches without us; the first is the neighbour itself.
struct Reached {
    int node = 0;
    std::string name;
    std::string incarnation;  ///< which database it is
    std::vector<int> path;    ///< from the neighbour to the node, both included
    std::int64_t fresh =
        0;  ///< all that was committed there by then is in the neighbour's copy; microseconds since 1970
    bool same_place(const Reached& other) const {
        return node == other.node && name == other.name && incarnation == other.incarnation && path == other.path;
    }
};
using Reach = std::vector<Reached>;

/// Reads what a source publishes (sql/queries/pull_begin.sql). Throws Error where it makes no sense; it is never empty.
Reach parse_reach(std::string_view json);

/// The same by neighbour, as an object.
std::map<int, Reach> parse_reaches(std::string_view json);

/// Nothing but freshness differs.
bool same_tree(const Reach& one, const Reach& other);

/// This node, as far as it matters for the tree.
struct Place {
    int node = 0;
    std::string incarnation;
    std::map<int, Reach> others;  ///< what is reached over the other links, by neighbour
    bool accepted = false;        ///< both ends have taken the link at hand for one of the tree already
};

/// Why the link to `neighbour`, which reaches `reach`, must not flow: it closes a ring, or a node number is used twice.
/// The path is named. Empty where all is well.
///
/// A new link is the one that is refused. When several links of a ring came up at the same time, all of its nodes
/// refuse the same one, the edge with the highest node numbers, so the others stay a tree.
std::string refuse_link(const Place& here, int neighbour, const Reach& reach);

}  // namespace tromp
