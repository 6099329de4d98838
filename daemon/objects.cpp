#include "daemon/objects.hpp"

#include "common/fault.hpp"
#include "daemon/copy_in.hpp"
#include "daemon/table_sql.hpp"

#include <sql/embedded.hpp>

#include <algorithm>
#include <functional>

namespace tromp {
namespace {

namespace asio = boost::asio;

/// The version of the row `t` of this database: another one whenever somebody changed it.
constexpr const char* version = "t.tableoid::text || ' ' || t.xmin::text || ' ' || t.ctid::text";

/// Numbers of objects that are sent to the source at once.
constexpr int objects_at_once = 5000;

/// Blocks that are fetched at once: 64 MB at most, which pass through a temporary table of the target.
constexpr std::int64_t fetched_at_once = 256;

/// Blocks that are compared and copied here at once.
constexpr std::int64_t copied_at_once = 4096;

/// The values for the objects*.sql of each column with large objects.
std::vector<SqlValues> columns_with_objects(const TablePairs& pairs, const Staged& staged) {
    std::vector<SqlValues> columns;
    for (const int id : staged.tables) {
        const auto& pair = pairs.at(id);
        for (const auto& column : pair.target.large_objects) {
            auto& values = columns.emplace_back(table_sql(pair));
            values["attribute"] = column;
            values["version"] = version;
            values["match_object"] = pair.target.key_match("r", "o");
        }
    }
    return columns;
}

std::string bytes_of(const std::string& object) {
    return render_sql(sql::object_bytes, "object", object);
}

std::string blocks_of(const std::string& object) {
    return render_sql(sql::object_blocks, "object", object);
}

/// Streams what the pull sends next into a table of the target.
asio::awaitable<void> copy_into(Pull& pull, pg::Connection& target, const char* copy) {
    CopyIn sink(target);
    co_await sink.begin(copy);
    const LineSink write = [&sink](std::string_view line) { return sink.write(line); };
    co_await pull.copy(write);
    co_await sink.end();
}

asio::awaitable<void> fetch_checksums(Pull& pull, pg::Connection& target) {
    std::string after = "0";
    for (;;) {
        const auto next = co_await target.query(
            render_sql(sql::objects_next, "after", after, "most", std::to_string(objects_at_once)));
        const auto objects = next.optional_at(0, "objects");
        if (!objects) co_return;
        co_await pull.ask_objects(*objects);
        co_await copy_into(pull, target, "COPY pg_temp.their_block (object, bytes, block, md5) FROM STDIN");
        after = next.at(0, "last");
    }
}

asio::awaitable<void> copy_what_is_here(pg::Connection& target, std::int64_t blocks) {
    for (std::int64_t after = 0; after < blocks; after += copied_at_once) {
        co_await target.query(render_sql(sql::objects_reuse, "after", std::to_string(after), "until",
                                         std::to_string(after + copied_at_once)));
    }
}

asio::awaitable<void> fetch_what_is_missing(Pull& pull, pg::Connection& target) {
    std::string after = "0";
    for (;;) {
        const auto next = co_await target.query(
            render_sql(sql::objects_missing, "after", after, "most", std::to_string(fetched_at_once)));
        const auto objects = next.optional_at(0, "objects");
        if (!objects) co_return;
        co_await pull.ask_pages(*objects, std::string(next.at(0, "blocks")));
        co_await copy_into(pull, target, "COPY pg_temp.object_page (object, pageno, data) FROM STDIN (FORMAT binary)");
        const std::string until{next.at(0, "last")};
        co_await target.query(render_sql(sql::objects_fill, "after", after, "until", until));
        after = until;
    }
}

}  // namespace

bool any_objects(const TablePairs& pairs, const Staged& staged) {
    return std::any_of(staged.tables.begin(), staged.tables.end(),
                       [&](int id) { return !pairs.at(id).target.large_objects.empty(); });
}

asio::awaitable<void> stage_objects(Pull& pull, pg::Connection& target, const TablePairs& pairs, const Staged& staged,
                                    bool anew, int source) {
    const auto columns = columns_with_objects(pairs, staged);
    std::string query{sql::objects_session};
    for (const auto& values : columns)
        query += render_sql(sql::objects_stage, values);
    co_await target.query(std::move(query));
    co_await fetch_checksums(pull, target);
    const auto compared = co_await target.query(render_sql(sql::objects_compare, "anew", anew ? "true" : "false",
                                                           "bytes", bytes_of("o.ours"), "blocks", blocks_of("o.ours")));
    co_await fault_point("objects.compared", source);
    co_await copy_what_is_here(target, compared.number(0, "blocks"));
    co_await fetch_what_is_missing(pull, target);
    query = sql::objects_finish;
    for (const auto& values : columns)
        query += render_sql(sql::objects_translate, values);
    co_await target.query(std::move(query));
    co_await fault_point("objects.done", source);
}

asio::awaitable<void> note_objects(pg::Connection& target, const TablePairs& pairs, const Staged& staged) {
    const auto columns = columns_with_objects(pairs, staged);
    for (const auto& values : columns) {
        auto query = std::string(sql::objects_session) + render_sql(sql::objects_former, values);
        query += render_sql(sql::objects_overtaken, values);
        const auto row = co_await target.query(std::move(query));
        if (row.boolean(0, "overtaken")) throw ObjectsOvertaken();
    }
}

asio::awaitable<void> release_objects(pg::Connection& target, const TablePairs& pairs, const Staged& staged) {
    if (!any_objects(pairs, staged)) co_return;
    const auto row = co_await target.query(std::string(sql::objects_release));
    if (row.boolean(0, "overtaken")) throw ObjectsOvertaken();
}

std::string object_digest(const std::string& column) {
    const auto object = "t." + quote_identifier(column);
    return render_sql(sql::object_digest, "object", object, "bytes", bytes_of(object), "blocks", blocks_of(object));
}

}  // namespace tromp
