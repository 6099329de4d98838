#include <ostream>

#include <sql/embedded.hpp>

#include "common/sql_text.hpp"
#include "ctl/command.hpp"

namespace tromp::ctl {

asio::awaitable<Exit> run_grants(Context& context) {
    const SqlValues roles{{"applier", context.arguments.value("--applier").value_or("trompd")},
                          {"reader", context.arguments.value("--reader").value_or("trompd_reader")}};
    context.arguments.finish();
    const auto connection = co_await open_initialised(context);
    const auto lines = co_await connection->query(render_sql(sql::grants, roles));
    for (int row = 0; row < lines.rows(); ++row)
        context.out << lines.at(row, "line") << "\n";
    co_return Exit::done;
}

}  // namespace tromp::ctl
