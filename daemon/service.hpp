#pragma once

#include <boost/asio/awaitable.hpp>

#include <string>

/// What systemd hears from us; without systemd all of it does nothing. See sd_notify(3).
namespace tromp::service {

void ready();
void reloading();
void stopping();
/// One line for `systemctl status`.
void status(const std::string& line);

/// Feeds the watchdog from the event loop, so that a loop that hangs is noticed. Returns at once where there is none.
boost::asio::awaitable<void> feed_watchdog();

}  // namespace tromp::service
