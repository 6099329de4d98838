#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>

#include <iosfwd>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "common/config.hpp"
#include "common/connection.hpp"
#include "common/error.hpp"
#include "ctl/arguments.hpp"

namespace tromp::ctl {

namespace asio = boost::asio;

/// What a command has to work with.
struct Context {
    Config config;
    bool json{};
    Arguments arguments;
    std::ostream& out;
    std::ostream& err;
};

struct Command {
    std::string_view name;
    std::string_view arguments;  ///< as the help shows them
    std::string_view help;
    asio::awaitable<Exit> (*run)(Context&);  ///< null: comes with a later version
};

/// All of trompctl's commands, in the order of the help.
std::span<const Command> commands();

/// The one of that name. Throws Error with Exit::usage, naming the nearest one.
const Command& find_command(std::span<const Command> table, std::string_view name, std::string_view what);

/// Runs the action that the next argument names, for commands that have several. Without one: the first of the table.
asio::awaitable<Exit> run_action(std::span<const Command> actions, Context& context);

/// Opens a session with the node's own database. Throws pg::ConnectionError that says so; open_initialised() also what
/// require_initialised() throws.
asio::awaitable<std::unique_ptr<pg::Connection>> open_database(Context& context);
asio::awaitable<std::unique_ptr<pg::Connection>> open_initialised(Context& context);

/// Tells a running daemon that the database holds something new for it. Without one, nothing: it reads it when it
/// starts.
asio::awaitable<void> wake_daemon(Context& context);
/// The same in another request's words (common/control.hpp).
asio::awaitable<void> tell_daemon(Context& context, boost::json::object request);

asio::awaitable<Exit> run_init(Context& context);
asio::awaitable<Exit> run_status(Context& context);
asio::awaitable<Exit> run_sync(Context& context);
asio::awaitable<Exit> run_join(Context& context);
asio::awaitable<Exit> run_repair(Context& context);
asio::awaitable<Exit> run_verify(Context& context);
asio::awaitable<Exit> run_conflicts(Context& context);
asio::awaitable<Exit> run_held(Context& context);
asio::awaitable<Exit> run_pause(Context& context);
asio::awaitable<Exit> run_resume(Context& context);
asio::awaitable<Exit> run_tables(Context& context);
asio::awaitable<Exit> run_tables_check(Context& context);
asio::awaitable<Exit> run_ddl(Context& context);
asio::awaitable<Exit> run_sequences(Context& context);
asio::awaitable<Exit> run_remove(Context& context);
asio::awaitable<Exit> run_uninit(Context& context);
asio::awaitable<Exit> run_grants(Context& context);

}  // namespace tromp::ctl
