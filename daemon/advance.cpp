#include "daemon/advance.hpp"

#include "common/sql_text.hpp"

#include <sql/embedded.hpp>

namespace tromp {
namespace {

bool is_news(const StoredState& state, const BatchHeader& header) {
    return header.read_of_us &&
           (header.read_of_us->text() != state.acknowledged ||
            numbers_of(header.held_of_us) != state.acknowledged_held || header.compared != state.compared);
}

std::string acknowledge_query(int source, const BatchHeader& header) {
    return render_sql(sql::acknowledge, "source", std::to_string(source), "read_of_us", header.read_of_us->text(),
                      "held_of_us", numbers_of(header.held_of_us), "compared", header.compared, "mark_of_us",
                      header.mark_of_us);
}

}  // namespace

pg::asio::awaitable<bool> advance(pg::Connection& target, int source, const Advance& step, const StoredState& state,
                                  const BatchHeader& header) {
    auto query = render_sql(sql::advance, "source", std::to_string(source), "position", step.position.text(), "read",
                            step.read.text(), "tables", step.tables, "last_event", std::to_string(header.last_event),
                            "mark", header.identity.mark, "newest", std::to_string(header.newest));
    const bool news = is_news(state, header);
    if (news) query += acknowledge_query(source, header);
    co_await target.query(std::move(query));
    co_return news;
}

pg::asio::awaitable<void> advance_held(pg::Connection& target, int source, int table, const Snapshot& read, bool done) {
    co_await target.query(render_sql(done ? sql::release_table : sql::advance_held, "source", std::to_string(source),
                                     "tbl", std::to_string(table), "read", read.text()));
}

pg::asio::awaitable<bool> acknowledge(pg::Connection& target, int source, const StoredState& state,
                                      const BatchHeader& header) {
    if (!is_news(state, header)) co_return false;
    const auto result = co_await target.query(acknowledge_query(source, header));
    co_return result.affected() > 0;
}

pg::asio::awaitable<void> keep_mark(pg::Connection& target, int source, const std::string& known,
                                    const BatchHeader& header) {
    if (header.identity.mark == known) co_return;
    co_await target.query(render_sql(sql::keep_mark, "source", std::to_string(source), "mark", header.identity.mark));
}

}  // namespace tromp
