#include <charconv>
#include <ostream>

#include <sql/embedded.hpp>

#include "common/install.hpp"
#include "ctl/command.hpp"
#include "ctl/rows.hpp"

namespace tromp::ctl {
namespace {

/// Lists the sequences, and says with which of them something is wrong.
asio::awaitable<Exit> show(pg::Connection& connection, Context& context) {
    const auto rows = co_await connection.query(std::string(sql::sequences));
    print_rows(rows, "no column of a replicated table is filled by a sequence", context);
    const auto astray = co_await connection.query(std::string(sql::sequences_astray));
    for (int row = 0; row < astray.rows(); ++row) {
        context.err << "trompctl: sequence " << astray.at(row, "sequence") << " " << astray.at(row, "fault")
                    << "; trompctl init sets it right\n";
    }
    co_return astray.rows() == 0 ? Exit::done : Exit::no;
}

int read_max_nodes(std::string_view word) {
    int number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (error != std::errc() || end != word.data() + word.size() || number < 1 || number > most_nodes) {
        throw Error("--max-nodes is '" + std::string(word) + "'; it must be a whole number from 1 to " +
                        std::to_string(most_nodes),
                    Exit::usage);
    }
    return number;
}

asio::awaitable<void> widen(pg::Connection& connection, Context& context, int max_nodes) {
    const auto sequences = co_await widen_sequences(connection, max_nodes);
    co_await wake_daemon(context);
    if (context.json) co_return;
    for (const auto& sequence : sequences) {
        context.out << "partitioned sequence " << sequence << " (node " << context.config.node << " of " << max_nodes
                    << ")\n";
    }
    if (context.config.max_nodes != max_nodes) {
        context.out << "Put this into " << context.config.file << ":\n\nmax_nodes: " << max_nodes << "\n\n";
    }
    context.out << "Do the same at every node. Only when all have done it, and trompctl sync was there, give a node a "
                   "number that was too high before.\n";
}

}  // namespace

asio::awaitable<Exit> run_sequences(Context& context) {
    const auto wanted = context.arguments.value("--max-nodes");
    context.arguments.finish();
    const auto max_nodes = wanted ? std::optional(read_max_nodes(*wanted)) : std::nullopt;
    const auto connection = co_await open_initialised(context);
    if (max_nodes) co_await widen(*connection, context, *max_nodes);
    if (max_nodes && !context.json) co_return Exit::done;
    co_return co_await show(*connection, context);
}

}  // namespace tromp::ctl
