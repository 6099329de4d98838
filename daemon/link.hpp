#pragma once

#include "common/backoff.hpp"
#include "common/config.hpp"
#include "common/report.hpp"
#include "daemon/batch.hpp"
#include "daemon/chunk_size.hpp"
#include "daemon/event.hpp"

#include <functional>

namespace tromp {

/// A node as a link reaches it.
struct Endpoint {
    Peer peer;
    std::string conninfo;
};

struct LinkOptions {
    Endpoint source;
    Endpoint target;
    std::chrono::milliseconds poll_interval;
    Retry retry;
    std::uint64_t chunk = 100000;  ///< events, at most; see ChunkSize
    Limits limits;
    bool apply_ddl = true;  ///< schema statements of the source are run at the target
};

/// How a link stands, for reports.
struct LinkStatus {
    LinkState state = LinkState::connecting;

    std::string reason;                        ///< why it is not streaming; empty if nothing is wrong
    std::optional<ComparingReport> comparing;  ///< while the tables are made equal
    std::string last_error;                    ///< cleared by the next pull that works
    std::optional<pg::Clock::time_point> retry_at;
    std::optional<std::int64_t> to_receive;    ///< events; none while the source cannot be asked
    std::optional<double> to_receive_seconds;  ///< age of the oldest of them
    std::optional<double> clock_offset;
    std::optional<std::chrono::system_clock::time_point>
        in_sync_at;                                ///< the latest pull that found nothing; kept over failures
    std::optional<pg::Clock::time_point> drained;  ///< the latest pull that left nothing unread began then
};

/// One direction of a link: connects both ends, pulls until the source is drained, waits for a wake-up or the poll
/// interval; after a failure waits longer each time. Runs until it is cancelled, and knows nothing of other links.
class Link {
  public:
    /// `progress` is called after every pull, `acknowledged` when the source has read more of the target's log.
    struct Hooks {
        std::function<void()> progress;
        std::function<void()> acknowledged;
    };

    Link(LinkOptions options, Hooks hooks);

    pg::asio::awaitable<void> run();

    /// Ends any wait or back-off now; the tables of both ends are read again.
    void wake() { alarm_.notify(); }

    /// The machine's network is another one than before, or the machine has slept: as wake(), and connections that may
    /// have died without a word are found out within seconds; one that is on its way is begun anew.
    void network_changed();

    const LinkStatus& status() const { return status_; }
    const LinkOptions& options() const { return options_; }

  private:
    struct Failure;
    pg::asio::awaitable<void> serve();
    pg::asio::awaitable<std::unique_ptr<pg::Connection>> open_target(const char* what);
    pg::asio::awaitable<std::unique_ptr<pg::Connection>> connect_target();
    pg::asio::awaitable<std::unique_ptr<pg::Connection>> connect_source();
    /// Another daemon runs this direction: is all of it there?
    pg::asio::awaitable<void> look_on(pg::Connection& target);
    pg::asio::awaitable<void> connect();
    pg::asio::awaitable<void> prove();
    pg::asio::awaitable<bool> rest(pg::Connection& source, std::chrono::milliseconds longest);
    void note(const BatchReport& report, pg::Clock::time_point began);
    /// Notes by how much the clocks differ. Throws where that stops the link.
    void check_clock(const ClockReading& offset);
    void fail(const Failure& failure);
    void enter(LinkState state, const std::string& reason = "");

    LinkOptions options_;
    Hooks hooks_;
    Backoff backoff_;
    ChunkSize chunk_;
    /// When the batch began, of which nothing is kept if the link breaks now.
    std::optional<pg::Clock::time_point> under_way_;
    /// A session as its server knows it.
    struct Session {
        std::string pid;
        std::string began;
    };

    std::optional<Session> session_at_target_;  ///< the latest
    std::unique_ptr<pg::Connection> target_;    ///< while serve() runs
    std::unique_ptr<pg::Connection> source_;
    Event alarm_;
    Event other_network_;
    std::optional<pg::Clock::time_point> drained_by_another_;  ///< see look_on()
    bool to_be_proved_ = false;  ///< the network has changed since either end was heard of
    bool try_at_once_ = false;   ///< a connection did not outlive a change of the network
    LinkStatus status_;
    std::string logged_error_;
    bool skew_logged_ = false;
};

}  // namespace tromp
