#include "common/install_transaction.hpp"

#include <sql/embedded.hpp>

namespace tromp {
namespace {

namespace asio = boost::asio;

constexpr std::string_view lock_not_available = "55P03";
constexpr std::string_view deadlock_detected = "40P01";

std::string advice(const pg::SqlError& error) {
    if (error.sqlstate() != lock_not_available && error.sqlstate() != deadlock_detected) return {};
    return "; another session is in the way (see pg_stat_activity), nothing was changed, try again when it has ended";
}

}  // namespace

asio::awaitable<InstallTransaction> InstallTransaction::begin(pg::Connection& connection) {
    InstallTransaction self(connection);
    co_await connection.query("BEGIN");
    co_await self.run(std::string(sql::install_lock), "begin while another init runs");
    co_return self;
}

asio::awaitable<pg::Result> InstallTransaction::run(std::string sql, std::string what) {
    try {
        co_return co_await connection_.query(std::move(sql));
    } catch (const pg::SqlError& error) {
        throw pg::SqlError(error.sqlstate(), "cannot " + what + ": " + error.what() + advice(error));
    }
}

asio::awaitable<void> InstallTransaction::commit() {
    co_await connection_.query("COMMIT");
}

}  // namespace tromp
