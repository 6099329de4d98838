#include "daemon/forward.hpp"

#include "common/sql_text.hpp"

#include <sql/embedded.hpp>

namespace tromp {

pg::asio::awaitable<void> forward(pg::Connection& target, int source, bool others) {
    const SqlValues values{{"source", std::to_string(source)}};
    auto query = render_sql(others ? sql::forward : sql::forward_nowhere, values);
    if (others) query += render_sql(sql::forward_truncate, values);
    co_await target.query(std::move(query));
}

pg::asio::awaitable<std::int64_t> forward_shared(pg::Connection& target, int source) {
    const auto query = render_sql(sql::forward_shared, "source", std::to_string(source));
    const auto result = co_await target.query(query);
    co_return result.affected();
}

}  // namespace tromp
