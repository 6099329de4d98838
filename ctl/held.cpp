#include <algorithm>
#include <ostream>

#include <sql/embedded.hpp>

#include "common/control.hpp"
#include "common/sql_text.hpp"
#include "ctl/command.hpp"
#include "ctl/rows.hpp"

namespace tromp::ctl {
namespace {

using namespace std::chrono_literals;

asio::awaitable<Exit> list(Context& context) {
    context.arguments.finish();
    const auto connection = co_await open_initialised(context);
    const auto rows = co_await connection->query(std::string(sql::held_list));
    print_rows(rows, "nothing is held", context);
    co_return Exit::done;
}

Error no_such_row(const std::string& id) {
    return Error("nothing is held under " + id + "; trompctl held lists them");
}

asio::awaitable<Exit> retry(Context& context) {
    const auto id = context.arguments.id();
    context.arguments.finish();
    const auto connection = co_await open_initialised(context);
    const auto look = render_sql(sql::held_among, "id", id.value_or("NULL"));
    const auto before = co_await connection->query(look);
    if (id && before.rows() == 0) throw no_such_row(*id);
    const boost::json::object request{{control::field::command, control::command::retry}};
    co_await ask_daemon(context.config.control.socket, request, 60s);
    const auto after = co_await connection->query(look);
    context.out << "held: " << before.rows() << " before, " << after.rows() << " now\n";
    for (int row = 0; row < after.rows(); ++row)
        context.err << "still held: " << after.at(row, "id") << ": " << after.at(row, "error") << "\n";
    co_return after.rows() == 0 ? Exit::done : Exit::no;
}

asio::awaitable<Exit> discard(Context& context) {
    const auto id = context.arguments.required_id();
    context.arguments.finish();
    const auto connection = co_await open_initialised(context);
    const auto statement = co_await connection->query(render_sql(sql::statement_discard, "id", id));
    if (statement.rows() > 0) {
        co_await wake_daemon(context);
        context.out << "not run here: " << statement.at(0, "statement") << "\n";
        co_return Exit::done;
    }
    const auto row = co_await connection->query(render_sql(sql::held_discard, "id", id));
    const auto key = row.optional_at(0, "discarded");
    if (!key) throw no_such_row(id);
    co_await wake_daemon(context);
    context.out << "what is here under " << *key << " is a new change now; the held row is among the conflicts\n";
    co_return Exit::done;
}

constexpr Command actions[] = {
    {"list", "", "", list},
    {"retry", "[ID]", "", retry},
    {"discard", "ID", "", discard},
};

}  // namespace

asio::awaitable<Exit> run_held(Context& context) {
    return run_action(actions, context);
}

}  // namespace tromp::ctl
