#pragma once

#include <boost/asio/awaitable.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "common/config.hpp"
#include "common/connection.hpp"

namespace tromp::ctl {

struct NodeName {
    int node{};
    std::string name;
};

/// Which neighbour a user means by a number or a name. Throws Error with Exit::usage that lists them.
NodeName find_neighbour(std::string_view word, const std::vector<NodeName>& neighbours);

/// Those of the file.
std::vector<NodeName> neighbours_of(const Config& config);

/// One of the file, if it can be reached from here; otherwise throws Error with Exit::usage that says what to do
/// `instead`. It lives as long as the configuration.
const Neighbour& reachable_neighbour(const Config& config, int node, std::string_view instead);

/// Those of the database.
boost::asio::awaitable<std::vector<NodeName>> neighbours_of(pg::Connection& connection);

/// `1 (home)`
std::string to_string(const NodeName& node);

}  // namespace tromp::ctl
