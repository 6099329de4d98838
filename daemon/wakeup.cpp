#include "daemon/wakeup.hpp"

#include "common/fault.hpp"
#include "common/first_of.hpp"
#include "common/sql_text.hpp"

#include <sql/embedded.hpp>

#include <algorithm>

namespace tromp {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

// While changes keep coming we look, and each look that finds something wakes the neighbours: less and less often,
// because they pull on as long as there is something, and every NOTIFY stands in the writers' way.
constexpr milliseconds first_busy_interval{5};
constexpr milliseconds last_busy_interval{80};
// While an old writer keeps us from being sure that all have seen the flag.
constexpr milliseconds first_arming_interval{50};
constexpr milliseconds last_arming_interval{250};
// Where NOTIFY is not to be had.
constexpr milliseconds without_notify_interval{100};

Xid read_xid(const pg::Result& row, std::string_view column) {
    return static_cast<Xid>(row.number(0, column));
}

}  // namespace

WakeupState after_look(WakeupState state, const WakeupLook& look, Xid bound) {
    if (look.news) return state == WakeupState::arming ? WakeupState::arming : WakeupState::awake;
    if (state == WakeupState::arming && look.xmin > bound) return WakeupState::asleep;
    return state;
}

asio::awaitable<WakeupLook> Wakeup::look(pg::Connection& database) {
    const auto query = render_sql(sql::wakeup_look, "self", std::to_string(self_), "xip", seen_.xip_array(), "xmax",
                                  std::to_string(seen_.xmax));
    const auto row = co_await database.query(query);
    seen_ = Snapshot::parse(row.at(0, "now"));
    co_return WakeupLook{row.boolean(0, "news"), read_xid(row, "xmin")};
}

asio::awaitable<void> Wakeup::run(pg::Connection& database, Event& stop) {
    co_await first_of(serve(database), stop.wait());
}

asio::awaitable<void> Wakeup::serve(pg::Connection& database) {
    auto session = co_await database.query(std::string(sql::wakeup_session));
    while (!session.boolean(0, "alone") && !session.boolean(0, "taken")) {
        co_await database.wait_notification(without_notify_interval);
        session = co_await database.query(std::string(sql::wakeup_session));
    }
    if (session.boolean(0, "in_recovery"))
        throw Error("the own database is a standby, which cannot be written to: promote it, or correct `database`");
    if (!session.optional_at(0, "node")) throw Error("the own database is not set up: run trompctl init");
    if (session.number(0, "node") != self_) {
        throw Error("the own database is set up as node " + std::string(session.at(0, "node")) +
                    ", but the file says node " + std::to_string(self_) + ": correct `node` or `database`");
    }
    if (!session.boolean(0, "alone")) throw Error("another trompd serves this database already: stop one of them");
    const bool may_notify = session.boolean(0, "may_notify");

    auto state = WakeupState::awake;
    Xid bound = 0;
    auto pause = first_arming_interval;
    auto busy = first_busy_interval;
    for (;;) {
        const auto seen = co_await look(database);
        state = after_look(state, seen, bound);
        if (seen.news) {
            co_await database.query(std::string(sql::wakeup_announce));
            if (state == WakeupState::awake) {
                co_await database.wait_notification(busy);
                busy = std::min(busy * 2, last_busy_interval);
                continue;
            }
        }
        busy = first_busy_interval;
        switch (state) {
            case WakeupState::awake:
                if (!may_notify) {
                    co_await database.wait_notification(std::min(without_notify_interval, poll_interval_));
                    break;
                }
                co_await fault_point("wakeup.arming");
                bound = read_xid(co_await database.query(std::string(sql::wakeup_arm)), "bound");
                co_await fault_point("wakeup.armed");
                state = WakeupState::arming;
                pause = first_arming_interval;
                break;  // and look at once
            case WakeupState::arming:
            case WakeupState::asleep: {
                const auto timeout = state == WakeupState::asleep ? poll_interval_ : pause;
                pause = std::min(pause * 2, last_arming_interval);
                const bool notified = co_await database.wait_notification(timeout);
                if (!notified) break;
                co_await database.query(std::string(sql::wakeup_disarm));
                state = WakeupState::awake;
                break;
            }
        }
    }
}

}  // namespace tromp
