#pragma once

#include <boost/asio/awaitable.hpp>

#include <functional>

namespace tromp {

/// Calls `changed` whenever this machine's network has changed, at NewsPace's pace, until it is cancelled. Throws
/// boost::system::system_error where the kernel does not tell (a sandbox without AF_NETLINK).
boost::asio::awaitable<void> watch_network(std::function<void()> changed);

/// Calls `woke` whenever the machine has slept, or this process was stopped, until it is cancelled.
boost::asio::awaitable<void> watch_sleep(std::function<void()> woke);

}  // namespace tromp
