#pragma once

#include "common/position.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tromp {

/// Tables that wait by themselves, by the number that the log's own database has for them, and what was read of each.
using HeldTables = std::map<int, Snapshot>;

/// Which events a batch is about: those of all tables but the held ones, or those of one table that has been held, up
/// to the link's position, with which it catches up.
struct Scope {
    HeldTables held;          ///< all of them
    std::optional<int> only;  ///< one of `held`
    Snapshot until;           ///< with `only`: what the batch may read

    /// SQL to follow a condition on rows of replication.events with this alias.
    std::string filter(std::string_view alias) const;
};

/// SQL to follow a condition, that leaves out rows of `alias` about these tables; empty where there are none.
std::string except_tables(std::string_view alias, const HeldTables& held);

/// What somebody has read of a log.
struct Reading {
    Snapshot link;    ///< of all tables
    HeldTables held;  ///< but these

    /// SQL that is true of the events that he has read, for rows of replication.events with this alias.
    std::string is_read(std::string_view alias) const;
};

/// How far a table has come that is being made equal with another end's.
struct ComparedSoFar {
    std::string after;          ///< a Cursor, as text; empty where it is not begun
    std::int64_t rows = 0;      ///< that were compared
    std::int64_t expected = 0;  ///< in all, as was thought at the beginning
    std::int64_t different = 0;
    std::int64_t bytes = 0;  ///< of the rows that came
    bool done = false;
};

/// By the table's number in the database that says it.
using Comparing = std::map<int, ComparedSoFar>;

/// Is there a table that is not done?
bool is_comparing(const Comparing& tables);

/// As parse_held_tables().
Comparing parse_comparing(std::string_view text);

/// A JSON object of snapshots by table; the form in which a pull's header has them. Throws Error where it is none.
HeldTables parse_held_tables(std::string_view text);

/// The literal of an array with their numbers.
std::string numbers_of(const HeldTables& held);

}  // namespace tromp
