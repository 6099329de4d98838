#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <set>

namespace tromp {

/// Something that coroutines of one event loop wait for. notify() wakes all who wait; when nobody does, it is kept for
/// the next one, once.
class Event {
  public:
    void notify() {
        kept_ = waiters_.empty();
        for (auto* const timer : waiters_)
            timer->cancel();
    }

    /// True if notified, false at the deadline.
    boost::asio::awaitable<bool> wait_until(std::chrono::steady_clock::time_point deadline) {
        if (kept_) {
            kept_ = false;
            co_return true;
        }
        boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, deadline);
        const Waiter waiter(waiters_, timer);
        boost::system::error_code error;
        co_await timer.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, error));
        co_return error == boost::asio::error::operation_aborted;
    }

    boost::asio::awaitable<void> wait() { co_await wait_until(std::chrono::steady_clock::time_point::max()); }

  private:
    using Waiters = std::set<boost::asio::steady_timer*>;
    struct Waiter {
        Waiter(Waiters& all, boost::asio::steady_timer& mine) : waiters(all), timer(&mine) { waiters.insert(timer); }
        ~Waiter() { waiters.erase(timer); }
        Waiter(const Waiter&) = delete;
        Waiter& operator=(const Waiter&) = delete;
        Waiters& waiters;
        boost::asio::steady_timer* timer;
    };
    Waiters waiters_;
    bool kept_ = false;
};

}  // namespace tromp
