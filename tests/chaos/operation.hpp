#pragma once

#include <string>
#include <vector>

#include "tests/chaos/history.hpp"
#include "tests/chaos/plan.hpp"
#include "tests/support/database.hpp"

namespace tromp::test {

/// Does it within the open transaction, adds it to the ledger, and returns what it wrote, if anything.
std::vector<Write> perform(Database& database, const Operation& operation, const std::string& token);

}  // namespace tromp::test
