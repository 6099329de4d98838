#include <ostream>

#include <boost/json/value_to.hpp>

#include "common/control.hpp"
#include "ctl/command.hpp"
#include "ctl/neighbours.hpp"

namespace tromp::ctl {

asio::awaitable<Exit> run_sync(Context& context) {
    using namespace std::chrono_literals;
    namespace json = boost::json;
    const bool wait = context.arguments.flag("--wait");
    const auto timeout = context.arguments.duration("--timeout").value_or(60s);
    const auto word = context.arguments.next();
    context.arguments.finish();

    json::value neighbour;  // null: all
    if (word) neighbour = find_neighbour(*word, neighbours_of(context.config)).node;
    const json::object request{{control::field::command, control::command::sync},
                               {control::field::neighbour, neighbour},
                               {control::field::wait, wait},
                               {control::field::timeout_ms, timeout.count()}};
    const auto patience = 10s + (wait ? timeout : 0ms);  // it is the daemon that keeps the time
    const auto answer = co_await ask_daemon(context.config.control.socket, request, patience);

    const auto* ok = answer.if_contains(control::field::ok);
    const auto* words = answer.if_contains(control::field::message);
    const std::string message = words != nullptr && words->is_string() ? std::string(words->as_string()) : "";
    const bool done = ok != nullptr && ok->is_bool() && ok->as_bool();
    if (!done) throw Error(message.empty() ? "not in sync in time" : message);
    if (!message.empty()) context.out << message << "\n";
    co_return Exit::done;
}

}  // namespace tromp::ctl
