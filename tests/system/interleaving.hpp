#pragma once

#include <string>
#include <vector>

#include "tests/support/tree.hpp"

/// What the tests of forced interleavings share.
namespace tromp::test {

/// Every step of a batch at which a daemon can be stopped, in order.
const std::vector<std::string>& batch_points();

/// Those at which it holds the batch, but has not committed it: rows are read, looked at, locked, written.
std::vector<std::string> points_between(const std::string& first, const std::string& last);

/// Makes every link of `node` wait inside a pull that began before whatever is changed after this call. Once let go, by
/// release_pulls() or advance_to(), these pulls end empty, and the next ones see all of the changes at once.
void hold_pulls(Node& node);
/// The same of its link to one neighbour.
void hold_pull(Node& node, const Node& from);
void release_pulls(Node& node);

/// Lets a daemon that waits at `from` go on until it waits at `to`; from "pull.begun", all of its links. A point
/// followed by a dot and the number of a neighbour is that of the one link.
void advance_to(Node& node, const std::string& from, const std::string& to);

/// The nodes go on, and their table `item (nr, v)` is everywhere: rows 1 to `rows`, all 'old'; nothing is in their
/// conflicts.
void start_over(Tree& tree, int rows);

/// What replication.conflicts of a node says about keys of `table` from `first` on, sorted: "type [key] loser_row",
/// where a losing delete is "-".
std::vector<std::string> losers(Node& node, const std::string& table, long long first = 0);

/// The keys of the rows that a node holds, sorted, as "[1] [2]".
std::string held_keys(Node& node);

/// No node keeps more events than one per neighbour; prints those it has.
void check_logs_drained(Tree& tree);

/// Once all is everywhere: these tables are equal, the logs drained, and no node has a conflict or a held row.
void check_settled(Tree& tree, const std::vector<std::string>& tables);

}  // namespace tromp::test
