#pragma once

#include "common/connection.hpp"

namespace tromp {

/// Keeps the log of one database short: deletes what every neighbour has acknowledged, and compacts what waits for one
/// that is away. Paces itself by what it costs, so that a log that cannot shrink now is not gone through all the time.
class Pruner {
  public:
    /// Call after an acknowledgement, and now and then. Returns how many events went.
    pg::asio::awaitable<std::int64_t> prune(pg::Connection& database);

    /// Compacts when the log has doubled since the last time, from some thousand events on.
    pg::asio::awaitable<std::int64_t> compact(pg::Connection& database);

    /// Not earlier than this is it worth calling again.
    pg::Clock::time_point not_before() const { return not_before_; }

  private:
    pg::Clock::time_point not_before_ = pg::Clock::time_point::min();
    std::int64_t compact_beyond_ = 10000;  ///< events
};

}  // namespace tromp
