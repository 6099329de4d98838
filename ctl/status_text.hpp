#pragma once

#include <string>

#include "common/report.hpp"

namespace tromp::ctl {

/// A status for people: a line about the node, then a table with a line per neighbour.
std::string status_text(const StatusReport& report);

/// A table with a line per node of the tree.
std::string tree_text(const StatusReport& report);

}  // namespace tromp::ctl
