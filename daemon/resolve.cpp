#include "daemon/resolve.hpp"

#include "common/sql_text.hpp"

#include <sql/embedded.hpp>

namespace tromp {
namespace {

// Without statistics the planner takes a full stage for an empty one. ANALYZE costs some milliseconds: not for a few
// rows.
constexpr std::int64_t worth_analyzing = 5000;

}  // namespace

pg::asio::awaitable<void> begin_decisions(pg::Connection& target, int source, const TablePairs& pairs,
                                          const Staged& staged, const Terms& terms) {
    auto query = render_sql(sql::stage_known, "source", std::to_string(source));
    if (staged.events >= worth_analyzing) {
        query += "ANALYZE pg_temp.incoming_event;";
        for (const int id : staged.tables)
            query += "ANALYZE " + stage_name(pairs.at(id).target) + ";";
    }
    for (const int id : staged.tables) {
        const auto& table = pairs.at(id).target;
        query += render_sql(sql::resolve_begin, "tbl", std::to_string(table.id), "stage", stage_name(table), "match",
                            table.key_match("r", "e"));
    }
    if (!staged.truncated.empty()) query += render_sql(sql::spared_known, "source", std::to_string(source));
    for (const int id : staged.truncated) {
        auto values = table_sql(pairs.at(id));
        const auto uncompared = terms.uncompared.find(id);
        values["uncompared"] = uncompared == terms.uncompared.end() ? "false" : uncompared->second;
        query += render_sql(sql::sweep, values);
    }
    if (staged.events >= worth_analyzing || !staged.truncated.empty()) query += "ANALYZE pg_temp.decision;";
    co_await target.query(std::move(query));
}

pg::asio::awaitable<void> come_first(pg::Connection& target, const TablePairs& pairs, const Staged& staged) {
    co_await target.query(std::string(sql::resolve_come_first));
    std::string names;
    for (const int id : staged.tables)
        names += (names.empty() ? "" : ", ") + pairs.at(id).target.quoted_name();
    if (!names.empty()) co_await target.query("LOCK TABLE " + names + " IN EXCLUSIVE MODE");
}

pg::asio::awaitable<void> lock_rows(pg::Connection& target, const TablePairs& pairs, const Staged& staged,
                                    Manner manner) {
    std::string query;
    for (const int id : staged.tables) {
        const auto& table = pairs.at(id).target;
        // Its uniqueness is not checked while we apply, so nobody else may write meanwhile.
        if (table.deferrable) query += "LOCK TABLE " + table.quoted_name() + " IN SHARE ROW EXCLUSIVE MODE;";
        query += render_sql(sql::resolve_lock, "tbl", std::to_string(table.id), "table", table.quoted_name(), "t_keys",
                            table.key_list("t"), "match", table.key_match("t", "d"));
    }
    query += render_sql(sql::resolve_lock_absent, "refusing", manner == Manner::singly ? "true" : "false");
    co_await target.query(std::move(query));
}

pg::asio::awaitable<Seen> look(pg::Connection& target, int source, const Reading& read_of_us) {
    auto query = std::string(sql::held_superseded) + std::string(sql::held_look);
    const SqlValues values{{"source", std::to_string(source)}, {"is_read", read_of_us.is_read("e")}};
    query += render_sql(sql::resolve_look, values);
    query += render_sql(sql::resolve_truncated, values);
    query += sql::resolve_looked;
    const auto row = co_await target.query(std::move(query));
    co_return Seen{row.number(0, "late"), row.boolean(0, "any_held"), row.boolean(0, "any_shared")};
}

pg::asio::awaitable<std::int64_t> weigh_shared(pg::Connection& target, int source, const TablePairs& pairs,
                                               const Staged& staged, const Reading& read_of_us) {
    const SqlValues values{{"source", std::to_string(source)}, {"is_read", read_of_us.is_read("e")}};
    auto query = "ANALYZE pg_temp.decision;" + render_sql(sql::resolve_shared, values);
    for (const int id : staged.tables)
        query += render_sql(sql::resolve_alike, table_sql(pairs.at(id)));
    query += render_sql(sql::resolve_truncated, values);
    query += sql::resolve_shared_absent;
    const auto row = co_await target.query(std::move(query));
    co_return row.number(0, "keys");
}

pg::asio::awaitable<void> keep_batches_away(pg::Connection& target) {
    co_await target.query("SELECT pg_advisory_xact_lock(1953656685, 3)");
}

pg::asio::awaitable<std::int64_t> lock_late_rows(pg::Connection& target, const TablePairs& pairs,
                                                 const Staged& staged) {
    std::string query;
    for (const int id : staged.tables) {
        const auto& table = pairs.at(id).target;
        query += render_sql(sql::resolve_lock_late, "tbl", std::to_string(table.id), "table", table.quoted_name(),
                            "t_keys", table.key_list("t"), "match", table.key_match("t", "d"));
    }
    co_await target.send(std::move(query));
    co_return co_await target.finish();
}

}  // namespace tromp
