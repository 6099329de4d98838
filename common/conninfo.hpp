#pragma once

#include "common/connection.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace tromp::pg {

/// libpq's connection parameters, keyword and value, ready for PQconnectStartParams.
struct ConnectParams {
    std::vector<std::string> keywords;
    std::vector<std::string> values;
};

/// Parses `conninfo` (keywords or URI), adds what every connection of ours has (application name, keepalives that find
/// a dead link within seconds, UTF-8) where the user said nothing, and looks host names up, so that libpq itself never
/// does. A host with several addresses, and several hosts, are as many ways, in the order in which to try them; never
/// none. Throws ConnectionError, without ever repeating a password.
boost::asio::awaitable<std::vector<ConnectParams>> connect_params(const std::string& conninfo, const Options& options,
                                                                  std::chrono::steady_clock::time_point deadline);

}  // namespace tromp::pg
