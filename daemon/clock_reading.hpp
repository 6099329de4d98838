#pragma once

#include "common/connection.hpp"

#include <chrono>
#include <cstdint>

namespace tromp {

/// How far a server's clock is ahead of a clock of this machine that nobody sets, in seconds: only the difference of
/// two readings says something.
struct ClockReading {
    double ahead = 0;
    double doubt = 0;  ///< it may be so much more or less: half of the time between question and answer

    /// By how much one server is ahead of the other.
    ClockReading operator-(const ClockReading& other) const { return {ahead - other.ahead, doubt + other.doubt}; }
};

/// Times one question for a server's clock: begin before it is asked, end() when the answer is there.
class ClockQuestion {
  public:
    /// `clock` is what the server said, in microseconds since 1970.
    ClockReading end(std::int64_t clock) const;

  private:
    std::chrono::steady_clock::time_point asked_ = std::chrono::steady_clock::now();
};

pg::asio::awaitable<ClockReading> read_clock(pg::Connection& connection);

}  // namespace tromp
