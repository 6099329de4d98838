#include "daemon/advance.hpp"

#include "common/sql_text.hpp"

#include <sql/embedded.hpp>

namespace tromp {
namespace {

bool is_news(const StoredState& known, const BatchHeader& header) {
    return header.read_of_us && (header.read_of_us->text() != known.acknowledged || header.compared != known.compared);
}

std::string acknowledge_query(int source, const BatchHeader& header) {
    return render_sql(sql::acknowledge, "source", std::to_string(source), "read_of_us", header.read_of_us->text(),
                      "compared", header.compared, "mark_of_us", header.mark_of_us);
}

}  // namespace

pg::asio::awaitable<bool> advance(pg::Connection& target, int source, const Snapshot& position,
                                  const StoredState& known, const BatchHeader& header) {
    auto query = render_sql(sql::advance, "source", std::to_string(source), "position", position.text(), "last_event",
                            std::to_string(header.last_event), "mark", header.identity.mark, "newest",
                            std::to_string(header.newest));
    const bool news = is_news(known, header);
    if (news) query += acknowledge_query(source, header);
    co_await target.query(std::move(query));
    co_return news;
}

pg::asio::awaitable<bool> acknowledge(pg::Connection& target, int source, const StoredState& known,
                                      const BatchHeader& header) {
    if (!is_news(known, header)) co_return false;
    const auto result = co_await target.query(acknowledge_query(source, header));
    co_return result.affected() > 0;
}

pg::asio::awaitable<void> keep_mark(pg::Connection& target, int source, const std::string& known,
                                    const BatchHeader& header) {
    if (header.identity.mark == known) co_return;
    co_await target.query(render_sql(sql::keep_mark, "source", std::to_string(source), "mark", header.identity.mark));
}

}  // namespace tromp
