#include "ctl/make_equal.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value_to.hpp>

#include <algorithm>
#include <ostream>

#include <sql/embedded.hpp>

#include "common/control.hpp"
#include "common/json_text.hpp"
#include "common/report.hpp"
#include "common/sql_text.hpp"
#include "ctl/progress.hpp"

namespace tromp::ctl {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto look_every = 200ms;
constexpr auto patience_with_daemon = 10s;
/// A neighbour that was not reached at all by then is told to be away.
constexpr auto patience_with_neighbour = 15s;
/// A fault may be mended by the very steps that follow it.
constexpr auto patience_with_failure = 5s;

struct Standing {
    std::string asked;
    bool equal = false;
    std::int64_t kept = 0;
};

asio::awaitable<Standing> read_standing(pg::Connection& connection, int node) {
    const auto row = co_await connection.query(render_sql(sql::make_equal_state, "node", std::to_string(node)));
    if (row.rows() == 0) throw Error("node " + std::to_string(node) + " is not a neighbour any more: it was removed");
    Standing standing;
    standing.asked = row.optional_at(0, "asked").value_or("");
    standing.equal = row.boolean(0, "equal");
    standing.kept = row.number(0, "kept");
    co_return standing;
}

asio::awaitable<void> ask(pg::Connection& connection, int node, const Request& request) {
    co_await connection.query(
        "BEGIN;" +
        render_sql(sql::greet_begin_anew, "source", std::to_string(node), "behind", "whole", "asked", request.text()) +
        "COMMIT");
}

asio::awaitable<json::object> ask_running(Context& context, json::object question, std::chrono::milliseconds patience) {
    try {
        co_return co_await ask_daemon(context.config.control.socket, std::move(question), patience);
    } catch (const DaemonUnreachable& error) {
        throw DaemonUnreachable(std::string(error.absent() ? "trompd is not running" : error.what()) +
                                "; it does what was asked when it runs, and the same command shows how far it is");
    }
}

asio::awaitable<NeighbourReport> read_report(Context& context, int node) {
    const json::object question{{control::field::command, control::command::status}};
    const auto answer = co_await ask_running(context, question, patience_with_daemon);
    const auto status = status_from_json(answer);
    const auto found = std::find_if(status.neighbours.begin(), status.neighbours.end(),
                                    [&](const NeighbourReport& neighbour) { return neighbour.node == node; });
    if (found == status.neighbours.end()) throw Error("trompd does not know node " + std::to_string(node));
    co_return *found;
}

/// Waits until what was committed at either end is at the other: the rows that one end kept have come to the other.
asio::awaitable<bool> drained(Context& context, int node) {
    const json::object question{{control::field::command, control::command::sync},
                                {control::field::neighbour, node},
                                {control::field::wait, true},
                                {control::field::timeout_ms, 1000}};
    const auto answer = co_await ask_running(context, question, patience_with_daemon + 1s);
    const auto* const ok = answer.if_contains(control::field::ok);
    co_return ok != nullptr && ok->is_bool() && ok->as_bool();
}

/// What keeps the daemons from going on, if it lasts.
class Obstacles {
  public:
    explicit Obstacles(const NodeName& neighbour) : neighbour_(neighbour) {}

    void look_at(const NeighbourReport& report, Progress& progress, std::ostream& err) {
        const auto now = Clock::now();
        const auto state = report.state.value_or(LinkState::connecting);
        const bool away = state == LinkState::backing_off || state == LinkState::connecting;
        reached_ = reached_ || !(away || state == LinkState::failed);
        if (state != LinkState::failed) well_at_ = now;
        const auto words = report.last_error.value_or(report.reason.value_or(""));
        if (state == LinkState::failed && now - well_at_ > patience_with_failure)
            throw Error(words + " (what was asked goes on when that is mended)");
        if (away && !reached_ && now - began_ > patience_with_neighbour) {
            throw pg::ConnectionError(to_string(neighbour_) + " is not reached: " + words +
                                      " (what was asked goes on when it is)");
        }
        if (state == LinkState::paused) throw Error("the link is paused; trompctl resume, and what was asked goes on");
        const bool goes_on = state == LinkState::streaming || report.comparing.has_value();
        const auto note = goes_on ? report.last_error.value_or("") : words;
        if (note != told_ && !note.empty() && now - began_ > 2s) {
            progress.clear();
            err << "waiting: " << note << "\n";
        }
        if (now - began_ > 2s) told_ = note;
    }

  private:
    NodeName neighbour_;
    Clock::time_point began_ = Clock::now();
    Clock::time_point well_at_ = began_;
    bool reached_ = false;
    std::string told_;
};

void print(Context& context, const NodeName& neighbour, const ComparingReport& done, std::int64_t kept) {
    if (context.json) {
        context.out << json_text(json::object{{"neighbour", neighbour.node},
                                              {"rows", done.rows},
                                              {"different", done.different},
                                              {"kept", kept}})
                    << "\n";
        return;
    }
    context.out << "the tables here and at " << to_string(neighbour) << " are equal, and changes flow\n";
    if (kept > 0) {
        context.out << kept << (kept == 1 ? " row" : " rows")
                    << " lost where nobody knows which was later; trompctl conflicts lists and restores them\n";
    }
}

}  // namespace

asio::awaitable<Exit> make_equal(Context& context, NodeName neighbour, Request request) {
    const auto connection = co_await open_initialised(context);
    const auto before = co_await read_standing(*connection, neighbour.node);
    const bool goes_on = !before.asked.empty() && !before.equal;
    if (goes_on) {
        context.err << "the tables are being made equal already; going on\n";
    } else {
        co_await ask(*connection, neighbour.node, request);
    }
    const json::object wake{{control::field::command, control::command::wake}};
    co_await ask_running(context, wake, patience_with_daemon);

    Progress progress(context.err, errors_go_to_terminal());
    Obstacles obstacles(neighbour);
    ComparingReport last;
    bool begun = false;
    asio::steady_timer timer(co_await asio::this_coro::executor);
    for (;;) {
        const auto report = co_await read_report(context, neighbour.node);
        obstacles.look_at(report, progress, context.err);
        if (report.comparing) {
            last = *report.comparing;
            if (!begun) progress.begin(neighbour.name, last.expected);
            begun = true;
            progress.update({last.rows, last.bytes});
        }
        const auto now = co_await read_standing(*connection, neighbour.node);
        if (now.equal && !report.comparing) {
            const bool all_there = co_await drained(context, neighbour.node);
            if (all_there) {
                progress.clear();
                print(context, neighbour, last, now.kept - before.kept);
                co_return Exit::done;
            }
        }
        timer.expires_after(look_every);
        co_await timer.async_wait(asio::use_awaitable);
    }
}

}  // namespace tromp::ctl
