#include "daemon/advance.hpp"

#include "common/sql_text.hpp"

#include <sql/embedded.hpp>

namespace tromp {

pg::asio::awaitable<void> advance(pg::Connection& target, int source, const Snapshot& position,
                                  const BatchHeader& header) {
    co_await target.query(render_sql(sql::advance, "source", std::to_string(source), "position", position.text(),
                                     "read_of_us", header.read_of_us.value_or(Snapshot{}).text(), "last_event",
                                     std::to_string(header.last_event)));
}

pg::asio::awaitable<bool> acknowledge(pg::Connection& target, int source, const std::string& known,
                                      const BatchHeader& header) {
    if (!header.read_of_us || header.read_of_us->text() == known) co_return false;
    const auto result = co_await target.query(
        render_sql(sql::acknowledge, "source", std::to_string(source), "read_of_us", header.read_of_us->text()));
    co_return result.affected() > 0;
}

}  // namespace tromp
