#include "common/control.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

using namespace tromp;
using namespace std::chrono_literals;
namespace asio = boost::asio;
namespace json = boost::json;
using tromp::test::contains;

namespace {

using Acceptor = asio::local::stream_protocol::acceptor;

/// A daemon that reads one request and answers with `answer`, or never.
asio::awaitable<void> serve(Acceptor& acceptor, std::string answer, std::optional<json::object>& request) {
    auto socket = co_await acceptor.async_accept(asio::use_awaitable);
    request = co_await control::read_message(socket, control::longest_request);
    if (!answer.empty()) co_await asio::async_write(socket, asio::buffer(answer), asio::use_awaitable);
    // Stays open until the client leaves.
    co_await control::read_message(socket, control::longest_request);
}

struct Exchange {
    std::optional<json::object> request;  ///< as the daemon got it
    std::optional<json::object> answer;   ///< as the tool got it
    std::exception_ptr failure;
};

Exchange exchange(const std::string& answer, std::chrono::milliseconds timeout = 10s) {
    const test::TempDir dir;
    const auto path = (dir / "trompd.sock").native();
    asio::io_context io;
    Acceptor acceptor(io, asio::local::stream_protocol::endpoint(path));
    Exchange result;
    asio::co_spawn(io, serve(acceptor, answer, result.request), asio::detached);
    const json::object request{{control::field::command, control::command::status}};
    asio::co_spawn(io, ask_daemon(path, request, timeout), [&](std::exception_ptr failure, json::object object) {
        result.failure = failure;
        if (!failure) result.answer = std::move(object);
        io.stop();
    });
    io.run();
    return result;
}

std::string message_of(const std::exception_ptr& failure) try {
    if (failure) std::rethrow_exception(failure);
    return {};
} catch (const DaemonUnreachable& error) {
    return std::string("unreachable: ") + error.what();
} catch (const Error& error) {
    return error.what();
}

}  // namespace

TEST_CASE("a request and its answer are a line each") {
    const auto result = exchange("{\"ok\": true}\n");
    REQUIRE(result.request);
    CHECK(*result.request == json::object{{"command", "status"}});
    REQUIRE(result.answer);
    CHECK(*result.answer == json::object{{"ok", true}});
}

TEST_CASE("the daemon's error is told in its words") {
    CHECK(message_of(exchange("{\"error\": \"no such neighbour\"}\n").failure) == "trompd: no such neighbour");
}

TEST_CASE("an answer that is not JSON is an error") {
    CHECK_THAT(message_of(exchange("hello\n").failure), contains("not a JSON object"));
    CHECK_THAT(message_of(exchange("[1]\n").failure), contains("not a JSON object"));
}

TEST_CASE("a daemon that hangs is unreachable at the timeout") {
    CHECK_THAT(message_of(exchange("", 50ms).failure), contains("unreachable: ") && contains("nothing within 50 ms"));
}

TEST_CASE("where nobody listens, that is said, and that it is certain") {
    const test::TempDir dir;
    asio::io_context io;
    bool absent = false;
    std::string message;
    const json::object request{{control::field::command, control::command::wake}};
    asio::co_spawn(io, ask_daemon((dir / "none.sock").native(), request, 10s),
                   [&](std::exception_ptr failure, const json::object&) {
                       try {
                           if (failure) std::rethrow_exception(failure);
                       } catch (const DaemonUnreachable& error) {
                           absent = error.absent();
                           message = error.what();
                       }
                   });
    io.run();
    CHECK(absent);
    CHECK_THAT(message, contains("it is not running"));
}
