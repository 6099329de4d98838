#include "daemon/network_watch.hpp"

#include "daemon/network_news.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <ctime>

namespace tromp {
namespace {

namespace asio = boost::asio;
using namespace asio::experimental::awaitable_operators;  // NOLINT(google-build-using-namespace): ||
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using Descriptor = asio::posix::stream_descriptor;

constexpr auto look_at_clocks_every = 1s;

[[noreturn]] void fail() {
    throw boost::system::system_error(errno, boost::system::system_category());
}

Descriptor open_netlink(const asio::any_io_executor& executor) {
    const int socket = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    if (socket < 0) fail();
    Descriptor descriptor(executor, socket);
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE;
    if (::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail();
    return descriptor;
}

/// Takes all that has been told. Was there any news?
bool take_all(int socket, NetworkNews& news) {
    std::array<char, 32768> buffer;
    bool any = false;
    for (;;) {
        sockaddr_nl sender{};
        socklen_t size = sizeof sender;
        const auto count =
            ::recvfrom(socket, buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&sender), &size);
        if (count >= 0) {
            const bool by_kernel = sender.nl_pid == 0;
            any = (by_kernel && news.take({buffer.data(), static_cast<std::size_t>(count)})) || any;
        } else if (errno == ENOBUFS) {  // more was told than fits
            news.forget();
            any = true;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return any;
        } else if (errno != EINTR) {
            fail();
        }
    }
}

asio::awaitable<void> throw_if_cancelled() {
    const auto cancellation = co_await asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != asio::cancellation_type::none)
        throw boost::system::system_error(asio::error::operation_aborted);
}

std::chrono::milliseconds read_clock(clockid_t clock) {
    timespec time{};
    ::clock_gettime(clock, &time);
    return std::chrono::seconds(time.tv_sec) +
           std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::nanoseconds(time.tv_nsec));
}

TwoClocks read_clocks() {
    return {read_clock(CLOCK_MONOTONIC), read_clock(CLOCK_BOOTTIME)};
}

}  // namespace

asio::awaitable<void> watch_network(std::function<void()> changed) {
    constexpr auto token = asio::as_tuple(asio::use_awaitable);
    const auto executor = co_await asio::this_coro::executor;
    auto socket = open_netlink(executor);
    NetworkNews news;
    NewsPace pace;
    for (;;) {
        asio::steady_timer timer(executor, pace.due().value_or(Clock::time_point::max()));
        co_await (socket.async_wait(Descriptor::wait_read, token) || timer.async_wait(token));
        co_await throw_if_cancelled();
        if (take_all(socket.native_handle(), news)) pace.news(Clock::now());
        if (pace.due() && *pace.due() <= Clock::now()) {
            changed();
            pace.acted(Clock::now());
        }
    }
}

asio::awaitable<void> watch_sleep(std::function<void()> woke) {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    auto before = read_clocks();
    for (;;) {
        timer.expires_after(look_at_clocks_every);
        co_await timer.async_wait(asio::use_awaitable);
        const auto now = read_clocks();
        if (stood_still(before, now, look_at_clocks_every)) woke();
        before = now;
    }
}

}  // namespace tromp
