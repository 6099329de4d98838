#include "tests/support/port.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>

namespace tromp::test {
namespace {

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

// sockaddr is the one place where the socket calls want a cast.
sockaddr* generic(sockaddr_in& address) {
    return reinterpret_cast<sockaddr*>(&address);
}

void check(bool done, const char* what) {
    if (!done) throw std::system_error(errno, std::generic_category(), what);
}

Fd tcp_socket() {
    Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    check(static_cast<bool>(fd), "socket");
    return fd;
}

void set(const Fd& fd, int level, int option) {
    const int on = 1;
    check(setsockopt(fd.get(), level, option, &on, sizeof on) == 0, "setsockopt");
}

}  // namespace

ReservedPort::ReservedPort() : holder_(tcp_socket()) {
    auto address = loopback(0);
    socklen_t size = sizeof address;
    check(bind(holder_.get(), generic(address), size) == 0, "bind");
    check(getsockname(holder_.get(), generic(address), &size) == 0, "getsockname");
    number_ = ntohs(address.sin_port);
    // Only now: bound without it, the port was nobody's; from here on a server may share it with the holder.
    set(holder_, SOL_SOCKET, SO_REUSEADDR);
}

Fd ReservedPort::listen() const {
    Fd fd = tcp_socket();
    set(fd, SOL_SOCKET, SO_REUSEADDR);
    auto address = loopback(number_);
    check(bind(fd.get(), generic(address), sizeof address) == 0, "bind");
    check(::listen(fd.get(), 64) == 0, "listen");
    return fd;
}

Fd connect_to(std::uint16_t port) {
    Fd fd = tcp_socket();
    set(fd, IPPROTO_TCP, TCP_NODELAY);
    auto address = loopback(port);
    connect(fd.get(), generic(address), sizeof address);
    return fd;
}

}  // namespace tromp::test
