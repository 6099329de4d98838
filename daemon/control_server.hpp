#pragma once

#include "common/control.hpp"

#include <functional>
#include <string>

namespace tromp {

/// Serves the control socket (common/control.hpp). Each request runs in a coroutine of its own; one that fails answers
/// with the reason and harms nobody else.
class ControlServer {
  public:
    using Answer = std::function<control::asio::awaitable<boost::json::object>(boost::json::object request)>;

    /// Binds `path` with mode 0660, replacing the socket of a daemon that is gone. Throws Error where it cannot.
    ControlServer(const control::asio::any_io_executor& executor, std::string path, Answer answer);
    ~ControlServer();
    ControlServer(const ControlServer&) = delete;
    ControlServer& operator=(const ControlServer&) = delete;

    control::asio::awaitable<void> run();

  private:
    control::asio::awaitable<void> serve(control::Socket socket);

    std::string path_;
    Answer answer_;
    control::asio::local::stream_protocol::acceptor acceptor_;
};

}  // namespace tromp
