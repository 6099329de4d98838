#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/json/object.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "common/error.hpp"

/// How trompctl talks with trompd: over a Unix socket, one JSON object in one line each way, one request per
/// connection.
///
///   {"command": "status"}                         -> the object of report.hpp
///   {"command": "sync", "neighbour": 1 or null, "wait": true, "timeout_ms": 60000}
///                                                 -> {"ok": true or false, "message": "…"}
///   {"command": "wake"}                           -> {"ok": true}: pause flags and tables are read again, every link
///   pulls
///   {"command": "removed", "neighbour": 1}        -> {"ok": true}: its links have ended, and nothing waits for it any
///   more
///   {"command": "retry"}                          -> {"ok": true}: the held rows were tried again
///   anything that cannot be done                  -> {"error": "…"}
namespace tromp::control {

namespace asio = boost::asio;
namespace json = boost::json;
using Socket = asio::local::stream_protocol::socket;

namespace command {
inline constexpr std::string_view status = "status";
inline constexpr std::string_view sync = "sync";
inline constexpr std::string_view wake = "wake";
inline constexpr std::string_view removed = "removed";
inline constexpr std::string_view retry = "retry";
}  // namespace command

namespace field {
inline constexpr std::string_view command = "command";
inline constexpr std::string_view neighbour = "neighbour";    ///< a node number; null: all
inline constexpr std::string_view wait = "wait";              ///< answer when drained, not at once
inline constexpr std::string_view timeout_ms = "timeout_ms";  ///< of `wait`
inline constexpr std::string_view ok = "ok";
inline constexpr std::string_view message = "message";
inline constexpr std::string_view error = "error";
}  // namespace field

inline constexpr std::size_t longest_request = std::size_t{64} << 10U;
inline constexpr std::size_t longest_answer = std::size_t{16} << 20U;

/// No daemon answers: there is none, it hangs, or we may not talk to it.
class DaemonUnreachable : public Error {
  public:
    explicit DaemonUnreachable(const std::string& message, bool absent = false)
        : Error(message, Exit::unreachable), absent_(absent) {}
    /// Nobody listens: it is certain that none runs with this socket.
    bool absent() const noexcept { return absent_; }

  private:
    bool absent_;
};

/// Reads one line; nothing when the other end closed without sending any. Throws Error when the line is longer than
/// `longest` or not a JSON object, boost::system::system_error when the connection breaks. For both ends.
asio::awaitable<std::optional<json::object>> read_message(Socket& socket, std::size_t longest);

/// Writes one line. Throws boost::system::system_error. For both ends.
asio::awaitable<void> write_message(Socket& socket, json::object message);

/// One request and its answer. Throws DaemonUnreachable when nothing came within `timeout`, Error with the daemon's
/// words when it answered {"error": …}.
asio::awaitable<json::object> ask_daemon(std::string socket, json::object request, std::chrono::milliseconds timeout);

}  // namespace tromp::control

namespace tromp {
using control::ask_daemon;
using control::DaemonUnreachable;
}  // namespace tromp
