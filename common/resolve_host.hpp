#pragma once

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace tromp {

/// The addresses of a host name, each once, in the resolver's order. Runs getaddrinfo on a thread of its own, so one
/// that hangs delays nobody else; a thread that is given up on ends when getaddrinfo does. Throws pg::ConnectionError
/// when the name is unknown or nothing came by the deadline.
boost::asio::awaitable<std::vector<std::string>> resolve_host(std::string host,
                                                              std::chrono::steady_clock::time_point deadline);

}  // namespace tromp
