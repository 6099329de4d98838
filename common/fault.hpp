#pragma once

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tromp {

/// A named place where a test can make this process die, fail or wait; does nothing in a build for users.
///
/// With TROMP_FAULT_DIR set, a file of the point's name in that directory says what happens: `kill` (SIGKILL to
/// ourselves), `error` (throws pg::ConnectionError), `pause` (goes on when the file is gone). NAME.reached is created
/// first. Where `detail` is given, a file NAME.DETAIL serves as well, so that one link of several can be meant.
#ifdef TROMP_FAULT_POINTS
boost::asio::awaitable<void> fault_point(std::string_view name, int detail = 0);
void blocking_fault_point(std::string_view name);

/// What the file `host.NAME` in that directory says, an address a line, instead of what a name server would.
std::optional<std::vector<std::string>> faked_addresses(const std::string& name);
#else
inline boost::asio::awaitable<void> fault_point(std::string_view, int = 0) {
    co_return;
}
inline void blocking_fault_point(std::string_view) {}
inline std::optional<std::vector<std::string>> faked_addresses(const std::string&) {
    return std::nullopt;
}
#endif

}  // namespace tromp
