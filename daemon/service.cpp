#include "daemon/service.hpp"

#include <systemd/sd-daemon.h>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <cstdint>

namespace tromp::service {

void ready() {
    sd_notify(0, "READY=1");
}

void reloading() {
    using namespace std::chrono;
    const auto now = duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count();
    sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld", static_cast<long long>(now));
}

void stopping() {
    sd_notify(0, "STOPPING=1");
}

void status(const std::string& line) {
    sd_notifyf(0, "STATUS=%s", line.c_str());
}

boost::asio::awaitable<void> feed_watchdog() {
    std::uint64_t limit = 0;
    if (sd_watchdog_enabled(0, &limit) <= 0) co_return;
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
    for (;;) {
        sd_notify(0, "WATCHDOG=1");
        timer.expires_after(std::chrono::microseconds(limit / 2));
        co_await timer.async_wait(boost::asio::use_awaitable);
    }
}

}  // namespace tromp::service
