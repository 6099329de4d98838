#pragma once

#include <optional>

#include "common/table_pattern.hpp"
#include "ctl/arguments.hpp"

namespace tromp::ctl {

/// What `--table` says; nothing where it is not given. Throws Error with Exit::usage where it is no name of a table.
std::optional<TablePattern> wanted_table(Arguments& arguments);

}  // namespace tromp::ctl
