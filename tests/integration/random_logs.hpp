#pragma once

#include "tests/model/decisions.hpp"
#include "tests/support/database.hpp"

#include <map>
#include <optional>
#include <random>
#include <vector>

namespace tromp::test {

/// What one database holds about the keys 0, 1, 2 … of table `item`, made up; much of it could never come about.
struct RandomSide {
    std::vector<model::Events> logs;                 ///< by key
    model::Events truncates;                         ///< of the table
    std::vector<bool> rows;                          ///< by key: is there a row
    std::vector<std::optional<model::Ahead>> ahead;  ///< by key: taken from the neighbour beyond the position
    Snapshot position;                               ///< in the neighbour's log
};

/// `self` and `others` are the nodes whose events are in its log; `neighbour` is the one at the other end of the link.
RandomSide random_side(std::mt19937_64& random, std::size_t keys, int self, int neighbour, int other);

/// Makes some events of the one known to the other: in both logs there is one of its tag then.
void share_some(std::mt19937_64& random, RandomSide& one, const RandomSide& other);

Snapshot random_snapshot(std::mt19937_64& random);

/// Puts it into the database, in the place of all that was there.
void store(Database& sql, const RandomSide& side, int neighbour);

/// The log as it is now, by key, ascending by place; keys without events are absent.
std::map<std::size_t, model::Events> stored_logs(Database& sql);
/// The TRUNCATEs in it, ascending.
model::Events stored_truncates(Database& sql);
std::map<std::size_t, model::Ahead> stored_ahead(Database& sql, int neighbour);

}  // namespace tromp::test
