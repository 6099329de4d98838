#include "common/tcp_limits.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace tromp {
namespace {

std::optional<int> option(int socket, int level, int name) {
    int value = 0;
    socklen_t size = sizeof value;
    if (::getsockopt(socket, level, name, &value, &size) != 0) return std::nullopt;
    return value;
}

void set_option(int socket, int name, int value) {
    ::setsockopt(socket, IPPROTO_TCP, name, &value, sizeof value);
}

}  // namespace

std::optional<TcpLimits> tcp_limits(int socket) {
    const auto family = option(socket, SOL_SOCKET, SO_DOMAIN);
    if (family != AF_INET && family != AF_INET6) return std::nullopt;
    const auto idle = option(socket, IPPROTO_TCP, TCP_KEEPIDLE);
    const auto interval = option(socket, IPPROTO_TCP, TCP_KEEPINTVL);
    const auto count = option(socket, IPPROTO_TCP, TCP_KEEPCNT);
    const auto user_timeout = option(socket, IPPROTO_TCP, TCP_USER_TIMEOUT);
    if (!idle || !interval || !count || !user_timeout) return std::nullopt;
    return TcpLimits{*idle, *interval, *count, *user_timeout};
}

void set_tcp_limits(int socket, const TcpLimits& limits) {
    set_option(socket, TCP_KEEPIDLE, limits.idle);
    set_option(socket, TCP_KEEPINTVL, limits.interval);
    set_option(socket, TCP_KEEPCNT, limits.count);
    set_option(socket, TCP_USER_TIMEOUT, limits.user_timeout);
}

}  // namespace tromp
