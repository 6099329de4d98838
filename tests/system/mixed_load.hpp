#pragma once

#include <string>
#include <vector>

#include "tests/support/tree.hpp"

namespace tromp::test {

/// Tables with an integer, a composite and a text key, and one with `nr` in the place of a primary key.
extern const char* const load_schema;
extern const std::vector<std::string> load_tables;

struct Load {
    unsigned writers = 8;     ///< threads, dealt out to the nodes in turn
    unsigned rounds = 40;     ///< of each writer: a single statement, or a transaction
    unsigned largest = 3000;  ///< rows of a statement
};

/// Writes to all nodes at once: inserts, updates, deletes and key changes, single and in transactions, some of them
/// rolled back in whole or in part. Returns when all writers are done. Every writer has a seed of its own, all of them
/// follow from one that is printed and taken from TROMP_TEST_SEED when that is set. Fails the test when a writer got
/// an error other than those that writers give each other: a key that is taken, a deadlock.
void write_mixed_load(Tree& tree, const Load& load = {});

}  // namespace tromp::test
