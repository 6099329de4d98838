#include "common/control.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/system/system_error.hpp>

#include <memory>

#include "common/units.hpp"

namespace tromp::control {
namespace {

DaemonUnreachable unreachable(const std::string& path, const boost::system::error_code& code) {
    const std::string who = "trompd does not answer on " + path + ": ";
    if (code == boost::system::errc::permission_denied) {
        return DaemonUnreachable(who +
                                 "permission denied; run this as trompd's user, as a member of its group, or as root");
    }
    if (code == boost::system::errc::no_such_file_or_directory || code == boost::system::errc::connection_refused) {
        return DaemonUnreachable(who + "it is not running; start it, or correct control.socket in the configuration",
                                 true);
    }
    return DaemonUnreachable(who + code.message() + "; its log should tell why");
}

}  // namespace

asio::awaitable<std::optional<json::object>> read_message(Socket& socket, std::size_t longest) {
    std::string line;
    auto buffer = asio::dynamic_buffer(line, longest);
    const auto [error, length] =
        co_await asio::async_read_until(socket, buffer, '\n', asio::as_tuple(asio::use_awaitable));
    if (error == asio::error::eof && line.empty()) co_return std::nullopt;
    if (error == asio::error::not_found) {
        throw Error("a message of more than " + std::to_string(longest) + " bytes on the control socket");
    }
    if (error) throw boost::system::system_error(error);
    boost::system::error_code not_json;
    const auto message = json::parse(std::string_view(line).substr(0, length), not_json);
    if (not_json || !message.is_object()) throw Error("a message on the control socket is not a JSON object");
    co_return message.as_object();
}

asio::awaitable<void> write_message(Socket& socket, json::object message) {
    const std::string line = json::serialize(message) + "\n";
    co_await asio::async_write(socket, asio::buffer(line), asio::use_awaitable);
}

asio::awaitable<json::object> ask_daemon(std::string path, json::object request, std::chrono::milliseconds timeout) {
    const auto executor = co_await asio::this_coro::executor;
    // Shared, because the timer's handler may already be queued when this coroutine ends.
    const auto socket = std::make_shared<Socket>(executor);
    const auto expired = std::make_shared<bool>(false);
    asio::steady_timer timer(executor, timeout);
    timer.async_wait([socket, expired](const boost::system::error_code& cancelled) {
        if (cancelled) return;
        *expired = true;
        boost::system::error_code ignored;
        socket->close(ignored);
    });
    std::optional<json::object> answer;
    try {
        const asio::local::stream_protocol::endpoint endpoint(path);
        co_await socket->async_connect(endpoint, asio::use_awaitable);
        co_await write_message(*socket, std::move(request));
        answer = co_await read_message(*socket, longest_answer);
    } catch (const boost::system::system_error& failure) {
        if (!*expired) throw unreachable(path, failure.code());
        throw DaemonUnreachable("trompd does not answer on " + path + ": nothing within " + format_duration(timeout) +
                                "; its log should tell why");
    }
    if (!answer)
        throw DaemonUnreachable("trompd closed the connection on " + path + " without an answer; it may be stopping");
    if (const auto* error = answer->if_contains(field::error)) {
        const std::string words = error->is_string() ? std::string(error->as_string()) : json::serialize(*error);
        throw Error("trompd: " + words);
    }
    co_return std::move(*answer);
}

}  // namespace tromp::control
