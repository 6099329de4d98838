#pragma once

#include "common/connection.hpp"

#include <cstdint>
#include <string>
#include <utility>

namespace tromp {

/// Asks two sessions at the same time. After an exception neither is to be used again: an answer may still be coming.
inline pg::asio::awaitable<std::pair<pg::Result, pg::Result>> ask_both(pg::Connection& one, std::string question,
                                                                       pg::Connection& other,
                                                                       std::string other_question) {
    co_await one.send(std::move(question));
    co_await other.send(std::move(other_question));
    auto answer = co_await one.answer();
    auto other_answer = co_await other.answer();
    co_return std::pair(std::move(answer), std::move(other_answer));
}

/// The bytes of its values.
inline std::int64_t size_of(const pg::Result& result) {
    std::size_t size = 0;
    for (int row = 0; row < result.rows(); ++row) {
        for (int column = 0; column < result.columns(); ++column)
            size += result.at(row, column).size();
    }
    return static_cast<std::int64_t>(size);
}

}  // namespace tromp
