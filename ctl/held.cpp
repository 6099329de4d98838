#include <sql/embedded.hpp>

#include "ctl/command.hpp"
#include "ctl/rows.hpp"

namespace tromp::ctl {
namespace {

asio::awaitable<Exit> list(Context& context) {
    context.arguments.finish();
    const auto connection = co_await open_initialised(context);
    const auto rows = co_await connection->query(std::string(sql::held_list));
    print_rows(rows, "no rows are held", context);
    co_return Exit::done;
}

constexpr Command actions[] = {
    {"list", "", "", list},
    {"retry", "[ID]", "", nullptr},
    {"discard", "ID", "", nullptr},
};

}  // namespace

asio::awaitable<Exit> run_held(Context& context) {
    return run_action(actions, context);
}

}  // namespace tromp::ctl
