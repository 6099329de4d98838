#include <boost/asio/local/stream_protocol.hpp>
#include <ostream>

#include <sql/embedded.hpp>

#include "common/control.hpp"
#include "common/install_transaction.hpp"
#include "ctl/command.hpp"

namespace tromp::ctl {
namespace {

/// A running daemon would go on writing into a schema that is being taken away.
asio::awaitable<void> refuse_while_daemon_runs(Context& context) {
    constexpr std::chrono::seconds timeout{5};
    const boost::json::object request{{control::field::command, control::command::status}};
    try {
        co_await ask_daemon(context.config.control.socket, request, timeout);
    } catch (const DaemonUnreachable& error) {
        if (!error.absent()) throw;
        co_return;
    }
    throw Error("trompd is running for this node; stop it first (systemctl stop trompd), then run uninit again");
}

}  // namespace

asio::awaitable<Exit> run_uninit(Context& context) {
    context.arguments.finish();
    co_await refuse_while_daemon_runs(context);
    const auto connection = co_await open_initialised(context);
    auto transaction = co_await InstallTransaction::begin(*connection);
    co_await transaction.run(std::string(sql::uninit), "take schema replication away");
    co_await transaction.commit();
    context.out << "took away the triggers and schema replication; the data stays, and its sequences keep their step\n";
    co_return Exit::done;
}

}  // namespace tromp::ctl
