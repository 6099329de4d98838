#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/comparison.hpp"
#include "common/table_pattern.hpp"
#include "ctl/command.hpp"
#include "ctl/neighbours.hpp"
#include "ctl/progress.hpp"
#include "ctl/second_look.hpp"

namespace tromp::ctl {

struct DifferentRow {
    std::string key;  ///< a JSON array
    Finding finding{};
};

/// What came out for a table.
struct TableVerdict {
    std::string schema;
    std::string table;
    std::string error{};  ///< why it was not compared; the figures say nothing then
    Compared compared{};
    std::int64_t missing_here = 0;
    std::int64_t missing_there = 0;
    std::int64_t different = 0;
    std::int64_t held = 0;                  ///< different because a row is held at an end
    std::int64_t on_the_way = 0;            ///< these are no differences
    std::vector<DifferentRow> rows{};       ///< that differ or are held, the first 1000
    std::vector<std::string> not_shared{};  ///< columns that only one end has; they are not compared

    std::int64_t differing() const { return missing_here + missing_there + different; }
    bool is_equal() const { return error.empty() && differing() == 0 && held == 0; }
};

struct LinkVerdict {
    NodeName neighbour;
    std::vector<TableVerdict> tables{};  ///< by name
    std::string error{};                 ///< why there are no more of them
    bool unreachable = false;            ///< that is the error
};

/// Compares the tables of this node with those of a neighbour that has a `database`; with `wanted`, those alone. Throws
/// Error with Exit::usage where there are none, and where this node's own database is not fit for it. What is wrong
/// with the neighbour's is in the verdict.
asio::awaitable<LinkVerdict> verify_link(Context& context, const Neighbour& neighbour,
                                         const std::optional<TablePattern>& wanted, Progress& progress);

}  // namespace tromp::ctl
