#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

namespace tromp::test {

class ProxyLoop;

/// A TCP proxy on 127.0.0.1 with faults to order. A fault is in force when its method returns, for the connections that
/// are open and for new ones; delay, limit and cut_after add up, and pass() ends them all. Thread-safe.
class Proxy {
  public:
    explicit Proxy(std::uint16_t target_port);
    ~Proxy();

    /// Where clients connect; the same over cut() and pass().
    std::uint16_t port() const noexcept;

    /// As if there were no proxy. What a blackhole held back goes on.
    void pass();
    /// Resets every connection; new ones are refused.
    void cut();
    /// Accepts and keeps open, but nothing goes through, not even the news that one side has closed.
    void blackhole();
    /// Answers whatever a client says with these words, and nothing else: a captive portal.
    void answer(std::string words);
    /// The connections that are open stay so, and nothing goes through them any more; new ones are not affected: a
    /// router that has forgotten them.
    void forget();
    /// Resets every client's connection, and none of the server's: what the clients had sent arrives late, after
    /// pass(), when they may be back with new connections. These pass at once.
    void strand();
    /// What strand() held back goes on to the server, in the order in which it came, and the connections end.
    void deliver_stranded();
    /// Everything read from now on arrives so much later, each way.
    void delay(std::chrono::milliseconds each_way);
    /// cut() as soon as so many more bytes, over all connections, have gone to the clients; not one byte more goes.
    void cut_after(std::uint64_t bytes_to_clients);
    /// Each way, over all connections; 0 is no limit.
    void limit(std::uint64_t bytes_per_second);

    /// Also after cut_after().
    bool is_cut() const;
    std::uint64_t bytes_to_server() const;
    std::uint64_t bytes_to_client() const;
    /// Connections accepted so far; those that are open.
    std::uint64_t accepted() const;
    std::uint64_t open() const;

  private:
    std::unique_ptr<ProxyLoop> loop_;
    std::thread thread_;
};

}  // namespace tromp::test
