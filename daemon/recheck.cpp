#include "daemon/recheck.hpp"

#include "common/sql_text.hpp"
#include "daemon/retry.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <sql/embedded.hpp>

namespace tromp {
namespace {

namespace asio = boost::asio;

/// The locks of all tables, in one query; empty if there is nothing to do.
asio::awaitable<std::string> lock_queries(pg::Connection& target, const std::string& source, const TablePairs& pairs) {
    const auto query = render_sql(sql::recheck_tables, "source", source);
    const auto tables = co_await target.query(query);
    std::string locks;
    for (int row = 0; row < tables.rows(); ++row) {
        for (const auto& entry : pairs) {
            const auto& table = entry.second.target;
            if (std::to_string(table.id) != tables.at(row, "tbl")) continue;
            locks += render_sql(sql::recheck_lock, "table", table.quoted_name(), "match", table.key_match("t", "u"),
                                "source", source, "tbl", std::to_string(table.id));
        }
    }
    co_return locks;
}

}  // namespace

asio::awaitable<std::int64_t> note_unlocked(pg::Connection& target, int source) {
    const auto query = render_sql(sql::unlocked_keep, "source", std::to_string(source));
    const auto result = co_await target.query(query);
    co_return result.affected();
}

asio::awaitable<void> recheck_unlocked(pg::Connection& target, int source, const TablePairs& pairs) {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    for (;;) {
        try {
            const auto locks = co_await lock_queries(target, std::to_string(source), pairs);
            if (locks.empty()) co_return;
            const auto query =
                "BEGIN;" + locks + render_sql(sql::recheck_log, "source", std::to_string(source)) + "COMMIT;";
            co_await target.query(query);
            co_return;
        } catch (const pg::SqlError& error) {
            if (!is_contention(error.sqlstate())) throw;
        }
        // Somebody holds one of the rows: he goes first.
        co_await target.query("ROLLBACK");
        timer.expires_after(std::chrono::milliseconds(20));
        co_await timer.async_wait(asio::use_awaitable);
    }
}

}  // namespace tromp
