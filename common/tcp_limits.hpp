#pragma once

#include <optional>

namespace tromp {

/// How soon the kernel gives a TCP connection up whose other end says nothing.
struct TcpLimits {
    int idle = 0;          ///< seconds of silence before it asks
    int interval = 0;      ///< seconds between questions
    int count = 0;         ///< questions
    int user_timeout = 0;  ///< milliseconds that what was sent may stay without an answer
};

/// Nothing where the socket is no TCP connection.
std::optional<TcpLimits> tcp_limits(int socket);

void set_tcp_limits(int socket, const TcpLimits& limits);

}  // namespace tromp
