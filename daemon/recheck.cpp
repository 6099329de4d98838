#include "daemon/recheck.hpp"

#include "common/sql_text.hpp"

#include <sql/embedded.hpp>

namespace tromp {

pg::asio::awaitable<std::int64_t> note_unlocked(pg::Connection& target, int source) {
    const auto query = render_sql(sql::unlocked_keep, "source", std::to_string(source));
    const auto result = co_await target.query(query);
    co_return result.affected();
}

pg::asio::awaitable<void> recheck_unlocked(pg::Connection& target, int source) {
    const auto query = render_sql(sql::recheck_log, "source", std::to_string(source));
    co_await target.query(query);
}

}  // namespace tromp
