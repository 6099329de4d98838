#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <exception>
#include <tuple>
#include <utility>

namespace tromp {

template <typename T>
boost::asio::awaitable<void> discard(boost::asio::awaitable<T> work) {
    co_await std::move(work);
}

/// Runs both and ends when the first of them ends, well or not: the other is cancelled and waited for, and an exception
/// of the first is thrown. (Asio's operator|| goes on after an exception, until something succeeds.)
template <typename One, typename Other>
boost::asio::awaitable<void> first_of(boost::asio::awaitable<One> one, boost::asio::awaitable<Other> other) {
    namespace asio = boost::asio;
    const auto executor = co_await asio::this_coro::executor;
    auto group =
        asio::experimental::make_parallel_group(asio::co_spawn(executor, discard(std::move(one)), asio::deferred),
                                                asio::co_spawn(executor, discard(std::move(other)), asio::deferred));
    const std::tuple<std::array<std::size_t, 2>, std::exception_ptr, std::exception_ptr> ended =
        co_await group.async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
    const auto& error = std::get<0>(ended)[0] == 0 ? std::get<1>(ended) : std::get<2>(ended);
    if (error) std::rethrow_exception(error);
}

}  // namespace tromp
