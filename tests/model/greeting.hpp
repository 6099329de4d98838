#pragma once

#include "tests/model/node.hpp"

namespace tromp::model {

/// How a link begins, and begins anew when what its ends know of each other does not hold any more. Names are unique;
/// `names` gives the next one. Each function writes to one database only, that of its first node.

/// What `node` knows of `neighbour` does not hold any more, or shall not: the link takes another name at this end.
void begin_anew(Node& node, int neighbour, int& names, const Rules& rules);

/// Gives up the events that only this neighbour has not read.
void mark_stale(Node& node, int neighbour, int& names, const Rules& rules);

/// Looks at the other end. True: both ends know that they speak of one link, and `node` may read.
bool greet(Node& node, const Node& other, int& names, const Rules& rules);

}  // namespace tromp::model
