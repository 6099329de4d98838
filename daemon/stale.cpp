#include "daemon/stale.hpp"

#include "common/request.hpp"
#include "common/sql_text.hpp"
#include "common/units.hpp"

#include <spdlog/spdlog.h>
#include <sql/embedded.hpp>

namespace tromp {

pg::asio::awaitable<void> mark_stale(pg::Connection& database, const Limits& limits) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(limits.stale_after).count();
    const auto stale = co_await database.query(
        render_sql(sql::stale_look, "seconds", std::to_string(seconds), "bytes", std::to_string(limits.stale_log)));
    const Request request{.kind = "resync"};
    for (int row = 0; row < stale.rows(); ++row) {
        const std::string node(stale.at(row, "node"));
        co_await database.query(
            "BEGIN;" + render_sql(sql::greet_begin_anew, "source", node, "behind", "false", "asked", request.text()) +
            render_sql(sql::stale_mark, "source", node) + "COMMIT");
        spdlog::warn(
            "link={} stale: it has read nothing for {} s; the log is not kept for it any more, and the tables "
            "are compared when it is back",
            stale.at(row, "name"), stale.number(row, "seconds"));
    }
}

}  // namespace tromp
