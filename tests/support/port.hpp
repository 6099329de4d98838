#pragma once

#include <cstdint>

#include "tests/support/fd.hpp"

namespace tromp::test {

/// A TCP port of 127.0.0.1 that is ours for the life of the object, also while nobody listens on it: no parallel test
/// and no outgoing connection gets it in between. A server that sets SO_REUSEADDR (PostgreSQL does) can listen on it.
class ReservedPort {
  public:
    /// Throws std::system_error when no port is free.
    ReservedPort();

    std::uint16_t number() const noexcept { return number_; }
    /// A non-blocking listening socket on it.
    Fd listen() const;

  private:
    Fd holder_;
    std::uint16_t number_ = 0;
};

/// A non-blocking socket on its way to 127.0.0.1:port; a refusal shows when it is used.
Fd connect_to(std::uint16_t port);

}  // namespace tromp::test
