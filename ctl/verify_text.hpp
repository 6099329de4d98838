#pragma once

#include <string>
#include <vector>

#include "ctl/verify_link.hpp"

namespace tromp::ctl {

/// The tables of a neighbour, a line each, the first keys that differ, and a sentence that says what to do.
std::string verify_text(const LinkVerdict& verdict);

/// An array of objects, one for each table and neighbour; docs/operations.md has the fields. The figures of a table
/// that was not compared are null.
std::string verify_json(const std::vector<LinkVerdict>& verdicts);

}  // namespace tromp::ctl
