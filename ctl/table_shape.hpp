#pragma once

#include <boost/asio/awaitable.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/connection.hpp"

namespace tromp::ctl {

/// What two nodes must have in common: by table ("" for the node itself), by fact ("key", "column nr", …).
using Shape = std::map<std::string, std::map<std::string, std::string>>;

struct Difference {
    std::string table;
    std::string fact;
    std::optional<std::string> here;  ///< none: not there
    std::optional<std::string> there;
};

/// What differs, in the order of tables and facts; a table that only one side replicates is one difference.
std::vector<Difference> differences(const Shape& here, const Shape& there);

boost::asio::awaitable<Shape> read_shape(pg::Connection& connection);

}  // namespace tromp::ctl
