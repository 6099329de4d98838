#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <csignal>
#include <ostream>

#include "common/control.hpp"
#include "common/database_status.hpp"
#include "common/json_text.hpp"
#include "ctl/command.hpp"
#include "ctl/status_text.hpp"

namespace tromp::ctl {
namespace {

constexpr std::chrono::seconds daemon_timeout{5};

struct Status {
    StatusReport report;
    std::string note;  ///< why this is not from the daemon; empty if it is
};

asio::awaitable<Status> read_status(Context& context) {
    const boost::json::object request{{control::field::command, control::command::status}};
    Status status;
    try {
        const auto answer = co_await ask_daemon(context.config.control.socket, request, daemon_timeout);
        status.report = status_from_json(answer);
        co_return status;
    } catch (const DaemonUnreachable& error) {
        status.note = error.what();
    }
    const auto connection = co_await open_initialised(context);
    status.report = co_await read_database_status(*connection, context.config);
    co_return status;
}

std::string rendered(const Status& status, bool json, bool tree) {
    if (json) return json_text(to_json(status.report)) + "\n";
    std::string text;
    if (!status.note.empty()) text = status.note + "; this is what the database tells:\n";
    text += status_text(status.report);
    if (tree) text += "\n" + tree_text(status.report);
    return text;
}

/// False when the user wants no more.
asio::awaitable<bool> wait_a_second(asio::signal_set& signals) {
    using asio::experimental::awaitable_operators::operator||;
    constexpr auto token = asio::as_tuple(asio::use_awaitable);
    asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::seconds(1));
    const auto first = co_await (timer.async_wait(token) || signals.async_wait(token));
    co_return first.index() == 0;
}

asio::awaitable<void> watch(Context& context, bool tree) {
    constexpr auto redraw = "\x1b[H\x1b[J";  // home, and clear from there
    asio::signal_set signals(co_await asio::this_coro::executor, SIGINT, SIGTERM);
    do {
        std::string text;
        try {
            const auto status = co_await read_status(context);
            text = rendered(status, context.json, tree);
        } catch (const Error& error) {
            text = std::string("trompctl: ") + error.what() + "\n";
        }
        context.out << (context.json ? "" : redraw) << text << std::flush;
    } while (context.out && co_await wait_a_second(signals));
}

}  // namespace

asio::awaitable<Exit> run_status(Context& context) {
    const bool watching = context.arguments.flag("--watch");
    const bool tree = context.arguments.flag("--tree");
    context.arguments.finish();
    if (watching) {
        co_await watch(context, tree);
        co_return Exit::done;
    }
    const auto status = co_await read_status(context);
    context.out << rendered(status, context.json, tree);
    co_return Exit::done;
}

}  // namespace tromp::ctl
