#pragma once

#include <poll.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <list>
#include <mutex>
#include <vector>

#include "tests/support/fd.hpp"
#include "tests/support/port.hpp"
#include "tests/support/proxy_connection.hpp"

namespace tromp::test {

/// The proxy's thread. Everything is this thread's alone but for the queue of commands.
class ProxyLoop {
  public:
    using Command = std::function<void(ProxyFaults&)>;

    struct Counters {
        std::uint64_t to_server = 0;
        std::uint64_t to_client = 0;
        std::uint64_t accepted = 0;
        std::uint64_t open = 0;
        bool is_cut = false;
    };

    explicit ProxyLoop(std::uint16_t target_port);

    /// Until a command sets `ended`.
    void run();
    /// From another thread: changes the faults, and returns when the change is in force.
    void command(Command change);
    /// From another thread: everything counted that any client or server can have seen.
    Counters counters();
    std::uint16_t port() const noexcept { return port_.number(); }

  private:
    void post(std::function<void()> function);
    void wait();
    void take_commands();
    void enforce();
    void accept_clients();
    void forward();

    const std::uint16_t target_;
    const ReservedPort port_;
    Fd listener_;
    Fd wake_;
    ProxyFaults faults_;
    std::list<ProxyConnection> connections_;
    Counters counters_;

    std::mutex mutex_;
    std::vector<std::packaged_task<void()>> commands_;
};

}  // namespace tromp::test
