#include <ostream>

#include <sql/embedded.hpp>

#include "common/control.hpp"
#include "common/sql_text.hpp"
#include "ctl/command.hpp"
#include "ctl/neighbours.hpp"

namespace tromp::ctl {

asio::awaitable<Exit> run_remove(Context& context) {
    const auto word = context.arguments.required("the NEIGHBOUR to remove");
    context.arguments.finish();
    const auto connection = co_await open_initialised(context);
    const auto known = co_await neighbours_of(*connection);
    const auto neighbour = find_neighbour(word, known);
    // A batch at hand ends before, and what it left to be looked at once more is looked at (docs/resync.md).
    co_await connection->query("BEGIN");
    co_await connection->query(render_sql(sql::greet_hold, "source", std::to_string(neighbour.node)));
    co_await connection->query(render_sql(sql::recheck_log, "source", std::to_string(neighbour.node)));
    co_await connection->query(render_sql(sql::remove_node, "node", std::to_string(neighbour.node)));
    co_await connection->query("COMMIT");
    context.out << "ended the link with " << to_string(neighbour) << ": nothing waits for that node any more\n";
    for (const auto& listed : context.config.neighbours) {
        if (listed.node != neighbour.node) continue;
        context.out << "Take it out of `neighbours` in " << context.config.file
                    << ", or it comes back with the next start:\n\n  - node: " << neighbour.node << "\n";
    }
    boost::json::object request{{control::field::command, control::command::removed},
                                {control::field::neighbour, neighbour.node}};
    co_await tell_daemon(context, std::move(request));
    co_return Exit::done;
}

}  // namespace tromp::ctl
