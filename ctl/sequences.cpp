#include <sql/embedded.hpp>

#include "ctl/command.hpp"
#include "ctl/rows.hpp"

namespace tromp::ctl {

asio::awaitable<Exit> run_sequences(Context& context) {
    if (context.arguments.value("--max-nodes"))
        throw Error("sequences --max-nodes is not in this version", Exit::usage);
    context.arguments.finish();
    const auto connection = co_await open_initialised(context);
    const auto rows = co_await connection->query(std::string(sql::sequences));
    print_rows(rows, "no column of a replicated table is filled by a sequence", context);
    co_return Exit::done;
}

}  // namespace tromp::ctl
