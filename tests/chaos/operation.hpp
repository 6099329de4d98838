#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/chaos/history.hpp"
#include "tests/chaos/plan.hpp"
#include "tests/chaos/tables.hpp"
#include "tests/support/database.hpp"

namespace tromp::test {

/// Does it within the open transaction, adds it to the ledger, and returns what it wrote, if anything.
std::vector<Write> perform(Database& database, const Operation& operation, const std::string& token);

/// The same for the row that has a claim, if there is one.
std::vector<Write> change_claim(Database& database, const ChaosTable& table, int from, std::optional<int> to,
                                const std::string& token);
std::vector<Write> remove_claimant(Database& database, const ChaosTable& table, int claim, const std::string& token);

}  // namespace tromp::test
