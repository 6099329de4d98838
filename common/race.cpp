#include "common/race.hpp"

#include "common/connection.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <exception>
#include <optional>
#include <vector>

namespace tromp {
namespace {

namespace asio = boost::asio;

struct Runners {
    std::vector<asio::steady_timer> starts;
    std::optional<std::size_t> winner;

    /// The first that has not begun need not wait any longer.
    void go_on() {
        for (auto& start : starts) {
            if (start.expiry() <= std::chrono::steady_clock::now()) continue;
            start.expires_at(std::chrono::steady_clock::time_point::min());
            return;
        }
    }
};

asio::awaitable<void> run(Runners& runners, std::size_t number,
                          const std::function<asio::awaitable<void>(std::size_t)>& attempt) {
    boost::system::error_code ended;
    auto& start = runners.starts[number];
    if (number > 0) co_await start.async_wait(asio::redirect_error(asio::use_awaitable, ended));
    const auto cancellation = co_await asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != asio::cancellation_type::none)
        throw boost::system::system_error(asio::error::operation_aborted);
    std::exception_ptr failure;
    try {
        co_await attempt(number);
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure) {
        runners.go_on();
        std::rethrow_exception(failure);
    }
    if (!runners.winner) runners.winner = number;
}

[[noreturn]] void throw_all(const std::vector<std::exception_ptr>& failures) {
    std::vector<std::string> messages;
    for (const auto& failure : failures) {
        try {
            std::rethrow_exception(failure);
        } catch (const pg::ConnectionError& error) {
            if (std::find(messages.begin(), messages.end(), error.what()) == messages.end())
                messages.emplace_back(error.what());
        }
    }
    std::string text;
    for (const auto& message : messages)
        text += (text.empty() ? "" : "; ") + message;
    throw pg::ConnectionError(text);
}

}  // namespace

asio::awaitable<std::size_t> race(std::size_t attempts, std::chrono::milliseconds head_start,
                                  std::function<asio::awaitable<void>(std::size_t)> attempt) {
    const auto executor = co_await asio::this_coro::executor;
    const auto began = std::chrono::steady_clock::now();
    Runners runners;
    for (std::size_t number = 0; number < attempts; ++number)
        runners.starts.emplace_back(executor, began + number * head_start);
    using Operation = decltype(asio::co_spawn(executor, run(runners, 0, attempt), asio::deferred));
    std::vector<Operation> operations;
    for (std::size_t number = 0; number < attempts; ++number)
        operations.push_back(asio::co_spawn(executor, run(runners, number, attempt), asio::deferred));
    auto group = asio::experimental::make_parallel_group(std::move(operations));
    const std::tuple<std::vector<std::size_t>, std::vector<std::exception_ptr>> ended =
        co_await group.async_wait(asio::experimental::wait_for_one_success(), asio::use_awaitable);
    if (runners.winner) co_return *runners.winner;
    throw_all(std::get<1>(ended));
}

}  // namespace tromp
