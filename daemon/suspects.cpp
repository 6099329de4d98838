#include "daemon/suspects.hpp"

#include "common/sql_text.hpp"

#include <sql/embedded.hpp>

namespace tromp {

pg::asio::awaitable<void> report_suspects(pg::Connection& target, int source) {
    co_await target.query(render_sql(sql::report_suspects, "source", std::to_string(source)));
}

}  // namespace tromp
