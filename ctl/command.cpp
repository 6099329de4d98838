#include "ctl/command.hpp"

#include <boost/json/object.hpp>

#include <algorithm>
#include <array>
#include <ostream>

#include "common/control.hpp"
#include "common/install.hpp"
#include "common/nearest.hpp"

namespace tromp::ctl {
namespace {

constexpr std::array<Command, 17> table{{
    {"init", "", "make or upgrade schema replication, capture the tables, partition their sequences", run_init},
    {"status", "[--watch] [--tree]", "how every link stands", run_status},
    {"sync", "[NEIGHBOUR] [--wait] [--timeout 60s]", "end all back-offs now; with --wait until both ends are drained",
     run_sync},
    {"join", "NEIGHBOUR [--schema]", "bring this database in: its rows and those of the neighbour's are merged",
     run_join},
    {"verify", "[NEIGHBOUR] [--table T]", "compare the data with a neighbour's, or with those of all", run_verify},
    {"repair", "NEIGHBOUR [--table T] [--from here|there] [--dry-run]", "make the data equal", run_repair},
    {"conflicts", "[list [FILTER]|show ID|restore ID|purge --older-than D]",
     "what lost against another change, and bring it back; filters: --table, --type, --since, --until", run_conflicts},
    {"held", "[list|retry [ID]|discard ID]", "rows that could not be applied", run_held},
    {"pause", "[NEIGHBOUR]", "stop a link, or all, until resumed", run_pause},
    {"resume", "[NEIGHBOUR]", "start them again", run_resume},
    {"tables", "[list|add T|remove T|check]", "the replicated tables; check compares them with the neighbours'",
     run_tables},
    {"ddl", "STATEMENT", "run a schema statement, or several, here and at all other nodes", run_ddl},
    {"sequences", "[--max-nodes N]", "this node's share of the tables' sequences", run_sequences},
    {"remove", "NEIGHBOUR", "end a link: nothing waits for that node any more", run_remove},
    {"uninit", "", "take triggers, functions and schema away; the data stays", run_uninit},
    {"grants", "[--applier ROLE] [--reader ROLE]", "print the SQL for the least roles", run_grants},
    {"help", "", "this text", nullptr},
}};

}  // namespace

std::span<const Command> commands() {
    return table;
}

const Command& find_command(std::span<const Command> choices, std::string_view name, std::string_view what) {
    const auto found = std::find_if(choices.begin(), choices.end(), [&](const Command& c) { return c.name == name; });
    if (found != choices.end()) return *found;
    std::vector<std::string> names;
    for (const auto& command : choices)
        names.emplace_back(command.name);
    const auto meant = nearest(name, names);
    throw Error("unknown " + std::string(what) + " '" + std::string(name) +
                    (meant ? "'; did you mean " + *meant + "?" : "'; trompctl --help lists them"),
                Exit::usage);
}

asio::awaitable<Exit> run_action(std::span<const Command> actions, Context& context) {
    const auto word = context.arguments.next();
    const auto& action = word ? find_command(actions, *word, "action") : actions.front();
    if (action.run == nullptr) throw Error(*word + " is not in this version", Exit::usage);
    co_return co_await action.run(context);
}

asio::awaitable<std::unique_ptr<pg::Connection>> open_database(Context& context) {
    pg::Options options;
    options.application_name = "trompctl";
    options.silence_limit =
        std::chrono::hours(1);  // an init of a large database partitions sequences over all its rows
    try {
        co_return co_await pg::Connection::open(context.config.database, options);
    } catch (const pg::ConnectionError& error) {
        throw pg::ConnectionError("this node's own database (`database` in " + context.config.file +
                                  ") cannot be reached: " + error.what());
    }
}

asio::awaitable<std::unique_ptr<pg::Connection>> open_initialised(Context& context) {
    auto connection = co_await open_database(context);
    co_await require_initialised(*connection, context.config);
    co_return connection;
}

asio::awaitable<void> wake_daemon(Context& context) {
    boost::json::object request{{control::field::command, control::command::wake}};
    co_await tell_daemon(context, std::move(request));
}

asio::awaitable<void> tell_daemon(Context& context, boost::json::object request) {
    constexpr std::chrono::seconds timeout{5};
    try {
        co_await ask_daemon(context.config.control.socket, std::move(request), timeout);
    } catch (const DaemonUnreachable& error) {
        context.err << "note: " << (error.absent() ? "trompd is not running" : error.what())
                    << "; what was changed holds from its next start on\n";
    }
}

}  // namespace tromp::ctl
