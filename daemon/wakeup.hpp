#pragma once

#include "common/connection.hpp"
#include "common/position.hpp"
#include "daemon/event.hpp"

#include <chrono>

namespace tromp {

/// Where the wake-up stands (docs/how-it-works.md, 1). Writers notify only while it is armed, because a NOTIFY in every
/// transaction would serialise all commits of the server.
enum class WakeupState {
    awake,   ///< disarmed: we look by ourselves
    arming,  ///< armed, but writers may be open that have not seen it: we go on looking
    asleep,  ///< armed, and every writer has seen it: a NOTIFY will come
};

/// What a look at the own log says.
struct WakeupLook {
    bool news = false;  ///< something was committed here since the look before
    Xid xmin = 0;       ///< the oldest transaction that is still open
};

/// The state after a look. `bound` is the id drawn after arming; `may_notify` whether this server can have NOTIFY at
/// all.
WakeupState after_look(WakeupState state, const WakeupLook& look, Xid bound);

/// Listens on the own database for writers, and tells the neighbours when there is something to pull. One session, kept
/// as long as it works; throws when it breaks.
class Wakeup {
  public:
    Wakeup(int self, std::chrono::milliseconds poll_interval) : self_(self), poll_interval_(poll_interval) {}

    /// Ends when `stop` is notified. Throws Error where the database is not this node's.
    pg::asio::awaitable<void> run(pg::Connection& database, Event& stop);

  private:
    pg::asio::awaitable<void> serve(pg::Connection& database);
    pg::asio::awaitable<WakeupLook> look(pg::Connection& database);
    int self_;
    std::chrono::milliseconds poll_interval_;
    Snapshot seen_;
};

}  // namespace tromp
