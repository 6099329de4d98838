#include "daemon/clock_reading.hpp"

#include <sql/embedded.hpp>

namespace tromp {

ClockReading ClockQuestion::end(std::int64_t clock) const {
    using Seconds = std::chrono::duration<double>;
    const auto answered = std::chrono::steady_clock::now();
    const Seconds half = (answered - asked_) / 2.0;
    const Seconds middle = asked_.time_since_epoch() + half;
    return {static_cast<double>(clock) / 1e6 - middle.count(), half.count()};
}

pg::asio::awaitable<ClockReading> read_clock(pg::Connection& connection) {
    const ClockQuestion question;
    const auto row = co_await connection.query(std::string(sql::clock));
    co_return question.end(row.number(0, "clock"));
}

}  // namespace tromp
