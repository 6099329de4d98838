#pragma once

#include <string_view>

#include "common/connection.hpp"
#include "ctl/command.hpp"

namespace tromp::ctl {

/// Prints a result set: its columns as a table, or with --json its column `json`, which has every row as PostgreSQL
/// writes it (parsing it here would round large numbers), as an array. `nothing` is said where the table would be
/// empty.
void print_rows(const pg::Result& rows, std::string_view nothing, Context& context);

}  // namespace tromp::ctl
