#include "common/local_address.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace tromp {
namespace {

void forget_port(sockaddr_storage& address) {
    if (address.ss_family == AF_INET) reinterpret_cast<sockaddr_in&>(address).sin_port = 0;
    if (address.ss_family == AF_INET6) reinterpret_cast<sockaddr_in6&>(address).sin6_port = 0;
}

}  // namespace

bool has_lost_its_address(int socket) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return false;
    if (address.ss_family != AF_INET && address.ss_family != AF_INET6) return false;
    forget_port(address);
    // Only an address of this machine can be bound to.
    const int probe = ::socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (probe < 0) return false;
    const bool lost = ::bind(probe, reinterpret_cast<sockaddr*>(&address), size) != 0 && errno == EADDRNOTAVAIL;
    ::close(probe);
    return lost;
}

}  // namespace tromp
