#include <ostream>

#include <sql/embedded.hpp>

#include "common/sql_text.hpp"
#include "ctl/command.hpp"
#include "ctl/neighbours.hpp"

namespace tromp::ctl {
namespace {

asio::awaitable<Exit> set_paused(Context& context, bool paused) {
    const auto word = context.arguments.next();
    context.arguments.finish();
    const auto connection = co_await open_initialised(context);
    auto neighbours = co_await neighbours_of(*connection);
    if (word) {
        const auto meant = find_neighbour(*word, neighbours);
        neighbours = {meant};
    }
    std::vector<int> nodes;
    for (const auto& neighbour : neighbours)
        nodes.push_back(neighbour.node);
    const SqlValues values{{"nodes", array_text(nodes)}, {"paused", paused ? "true" : "false"}};
    co_await connection->query(render_sql(sql::pause, values));
    for (const auto& neighbour : neighbours) {
        context.out << (paused ? "paused" : "resumed") << " the link with " << to_string(neighbour) << "\n";
    }
    if (neighbours.empty()) context.out << "this node has no neighbours\n";
    co_await wake_daemon(context);
    co_return Exit::done;
}

}  // namespace

asio::awaitable<Exit> run_pause(Context& context) {
    return set_paused(context, true);
}

asio::awaitable<Exit> run_resume(Context& context) {
    return set_paused(context, false);
}

}  // namespace tromp::ctl
