#pragma once

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <functional>

namespace tromp {

/// Tries several ways to the same end: attempt(0), attempt(1), … The next one begins when the last has failed, or
/// `head_start` after it began, so that one that hangs costs no more than that. Ends when the first comes through: the
/// others are cancelled and waited for. Returns its number. Where all fail, throws pg::ConnectionError with what all of
/// them said, or the first exception of another kind.
boost::asio::awaitable<std::size_t> race(std::size_t attempts, std::chrono::milliseconds head_start,
                                         std::function<boost::asio::awaitable<void>(std::size_t)> attempt);

}  // namespace tromp
