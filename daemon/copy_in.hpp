#pragma once

#include "common/connection.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace tromp {

/// COPY … FROM STDIN with a buffer of bounded size.
class CopyIn {
  public:
    explicit CopyIn(pg::Connection& target) : target_(target) {}

    pg::asio::awaitable<void> begin(std::string sql) {
        co_await target_.send(std::move(sql));
        const auto result = co_await target_.next();
        if (!result || result->status() != PGRES_COPY_IN) throw pg::ConnectionError("the target did not begin a COPY");
    }
    pg::asio::awaitable<void> write(std::string_view data) {
        buffer_ += data;
        if (buffer_.size() >= piece) co_await flush();
    }
    /// The number of rows that arrived.
    pg::asio::awaitable<std::int64_t> end() {
        co_await flush();
        co_await target_.end_copy();
        co_return co_await target_.finish();
    }

  private:
    static constexpr std::size_t piece = 65536;
    pg::asio::awaitable<void> flush() {
        co_await target_.put_copy(buffer_);
        buffer_.clear();
    }
    pg::Connection& target_;
    std::string buffer_;
};

}  // namespace tromp
