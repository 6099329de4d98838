#include "daemon/prune.hpp"

#include "common/sql_text.hpp"

#include <sql/embedded.hpp>

#include <algorithm>

namespace tromp {
namespace {

namespace asio = boost::asio;

constexpr std::int64_t smallest_worth_compacting = 10000;
// At most a twentieth of the time goes into pruning.
constexpr int rest_factor = 20;
constexpr std::chrono::milliseconds shortest_rest{20};

}  // namespace

asio::awaitable<std::int64_t> Pruner::prune(pg::Connection& database) {
    const auto began = pg::Clock::now();
    const auto result = co_await database.query(std::string(sql::prune));
    const auto took = pg::Clock::now() - began;
    not_before_ = pg::Clock::now() + std::max<pg::Clock::duration>(took * rest_factor, shortest_rest);
    co_return result.affected();
}

asio::awaitable<std::int64_t> Pruner::compact(pg::Connection& database) {
    const auto size_query = render_sql(sql::log_size, "most", std::to_string(compact_beyond_ + 1));
    const auto size = co_await database.query(size_query);
    if (size.number(0, "counted") <= compact_beyond_) co_return 0;
    const auto began = pg::Clock::now();
    const auto result = co_await database.query(std::string(sql::compact));
    not_before_ = std::max(not_before_, pg::Clock::now() + (pg::Clock::now() - began) * rest_factor);
    const auto left = std::max(size.number(0, "counted"), size.number(0, "estimate")) - result.affected();
    compact_beyond_ = std::max<std::int64_t>(smallest_worth_compacting, 2 * left);
    co_return result.affected();
}

}  // namespace tromp
