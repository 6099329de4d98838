#pragma once

#include "tests/model/node.hpp"

namespace tromp::model {

/// What the daemons do, in the steps between which others may act. A direction is named by the node that reads and the
/// one that is read. Each returns whether it did anything.

/// Reads a chunk: up to the unread transaction number `chunk` of those in sight (counted round), or all with no number.
/// A pull with nothing for the reader acknowledges at once, and moves the position if `moves` says that it is worth it.
bool pull(Node& reader, Node& source, const Rules& rules, std::optional<std::size_t> chunk, bool moves = true);

/// Locks the rows of the batch and looks at the reader's own log. Waits (false) while a row is locked. `refused` has a
/// bit for each key whose row the database refuses.
bool look(Node& reader, const Node& source, const Rules& rules, std::uint64_t refused = 0);

/// Merges, forwards, advances and commits what was looked at.
bool apply(Node& reader, const Node& source, const Rules& rules, Ledger& ledger);

/// After the commit: looks again at deletes that had no row to lock.
bool recheck(Node& reader, const Node& source, const Rules& rules, Ledger& ledger);

void prune(Node& node, const Rules& rules);
void compact(Node& node, const Rules& rules);

}  // namespace tromp::model
