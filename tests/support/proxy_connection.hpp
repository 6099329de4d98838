#pragma once

#include <poll.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/fd.hpp"

namespace tromp::test {

using ProxyClock = std::chrono::steady_clock;

/// Lets so many bytes a second through, in portions of a tenth of a second at the most.
class Throttle {
  public:
    explicit Throttle(std::uint64_t bytes_per_second = 0) : rate_(bytes_per_second) {}
    /// How many bytes may go now.
    std::uint64_t allowance(ProxyClock::time_point now);
    void spend(std::uint64_t bytes);

  private:
    std::uint64_t rate_;  // 0: no limit
    double saved_ = 0;
    ProxyClock::time_point last_ = ProxyClock::now();
};

/// What is wrong with the line at the moment.
struct ProxyFaults {
    enum class Mode {
        pass,       ///< nothing
        cut,        ///< no connection stands and none comes up
        blackhole,  ///< connections stand and nothing goes through
        answer,     ///< whoever says something hears `words`, and the server nothing
    };
    Mode mode = Mode::pass;
    std::chrono::milliseconds delay{0};
    std::optional<std::uint64_t> left_before_cut{};  ///< bytes to the clients
    Throttle to_server{};
    Throttle to_client{};
    std::string words{};
    bool forgets = false;            ///< the connections that are open; new ones are not
    bool strands = false;            ///< the connections that are open; new ones are not
    bool delivers_stranded = false;  ///< what they held goes on
    bool ended = false;              ///< the proxy itself comes to its end
};

/// One direction: what was read from `from` and has not yet gone to `to`.
class ProxyFlow {
  public:
    /// False when the connection broke.
    bool read(int from, std::chrono::milliseconds delay);
    /// Up to `most` bytes of what is due; how many went, or nothing when the connection broke.
    std::optional<std::uint64_t> write(int to, std::uint64_t most, ProxyClock::time_point now);

    bool wants_input() const;
    bool is_finished() const { return shut_; }
    /// What comes to an end is told as soon as all has gone.
    void end() { queue_.push_back({ProxyClock::now(), ""}); }
    /// When the oldest byte is due; nothing when all has gone.
    std::optional<ProxyClock::time_point> due() const;

  private:
    struct Chunk {
        ProxyClock::time_point due;
        std::string bytes;
        std::size_t gone = 0;
    };
    std::deque<Chunk> queue_;
    std::size_t queued_ = 0;
    bool ended_ = false;  // end of the stream seen at `from`
    bool shut_ = false;   // and told to `to`
};

/// A client's connection and ours to the server, which is begun when something may go through for the first time.
class ProxyConnection {
  public:
    ProxyConnection(Fd client, std::uint16_t target);

    struct Moved {
        std::uint64_t to_server = 0;
        std::uint64_t to_client = 0;
    };
    /// Moves what can be moved without waiting.
    Moved forward(ProxyFaults& faults);
    /// Says `words` to a client that has said something, and closes.
    void answer(const std::string& words);
    /// The client sees an error; the server nothing, until the faults say that it gets what was on its way.
    void strand();
    void forget() noexcept { forgotten_ = true; }
    bool is_stranded() const noexcept { return stranded_; }
    bool is_open() const noexcept { return client_ || (stranded_ && server_); }
    /// Ends both sides at once, so that they see an error rather than an orderly end.
    void reset() noexcept;

    /// Adds what to poll for; the time after which to call forward() in any case, when there is one.
    std::optional<std::chrono::milliseconds> wants(ProxyFaults& faults, ProxyClock::time_point now,
                                                   std::vector<pollfd>& fds) const;

  private:
    void deliver();

    Fd client_;
    Fd server_;
    bool forgotten_ = false;
    bool stranded_ = false;
    std::uint16_t target_;
    ProxyFlow up_;
    ProxyFlow down_;
};

}  // namespace tromp::test
