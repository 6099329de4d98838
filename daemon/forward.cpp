#include "daemon/forward.hpp"

#include "common/sql_text.hpp"

#include <sql/embedded.hpp>

namespace tromp {

pg::asio::awaitable<void> forward(pg::Connection& target, int source, bool others) {
    co_await target.query(render_sql(others ? sql::forward : sql::forward_nowhere, "source", std::to_string(source)));
}

}  // namespace tromp
