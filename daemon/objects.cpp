#include "daemon/objects.hpp"

#include "common/fault.hpp"
#include "common/object_sql.hpp"
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

/// Blocks that are compared and copied here at once.
constexpr std::int64_t copied_at_once = 4096;

/// Blocks that come in one piece, with the batch; more of them are kept as they come.
constexpr std::int64_t one_piece = 4;

/// Blocks that are fetched at once, at most: 64 MB.
constexpr std::int64_t fetched_at_once = 256;

/// What is fetched at once should take about so long: not long enough to lose much when the link is cut, and long
/// beside the time of the question.
constexpr std::chrono::milliseconds too_short{300};
constexpr std::chrono::milliseconds too_long{1200};

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

/// Runs a query on all blocks, some at a time.
asio::awaitable<void> for_blocks(pg::Connection& target, std::int64_t blocks, std::string_view sql, SqlValues values) {
    for (std::int64_t after = 0; after < blocks; after += copied_at_once) {
        values["after"] = std::to_string(after);
        values["until"] = std::to_string(after + copied_at_once);
        co_await target.query(render_sql(sql, values));
    }
}

/// With :anew, blocks that are not known to be here are looked for as well.
asio::awaitable<void> copy_what_is_here(pg::Connection& target, std::int64_t blocks, bool anew) {
    const SqlValues values{{"anew", anew ? "true" : "false"}, {"content", content_sql("w.ours", "w.block")}};
    co_await for_blocks(target, blocks, sql::objects_reuse, values);
}

asio::awaitable<void> fetch_what_is_missing(Pull& pull, pg::Connection& target, int source, const BlockKeeper& keeper) {
    const auto wanted = co_await target.query(render_sql(sql::objects_want, "source", std::to_string(source)));
    const bool in_one_piece = wanted.number(0, "blocks") <= one_piece;
    std::unique_ptr<pg::Connection> session;
    if (!in_one_piece) session = co_await keeper.open();
    auto& sink = in_one_piece ? target : *session;
    std::int64_t at_once = in_one_piece ? one_piece : 1;
    for (std::string after = "0";;) {
        const auto next =
            co_await target.query(render_sql(sql::objects_missing, "after", after, "most", std::to_string(at_once)));
        const auto objects = next.optional_at(0, "objects");
        if (!objects) co_return;
        const auto began = pg::Clock::now();
        co_await pull.ask_blocks(source, *objects, std::string(next.at(0, "blocks")));
        co_await copy_into(pull, sink, "COPY replication.fetched_blocks (node, content) FROM STDIN (FORMAT binary)");
        const auto took = pg::Clock::now() - began;
        after = next.at(0, "last");
        if (in_one_piece) continue;
        keeper.kept();
        co_await fault_point("objects.kept", source);
        if (took < too_short) at_once = std::min(2 * at_once, fetched_at_once);
        if (took > too_long) at_once = std::max<std::int64_t>(at_once / 2, 1);
    }
}

}  // namespace

bool any_objects(const TablePairs& pairs, const Staged& staged) {
    return std::any_of(staged.tables.begin(), staged.tables.end(),
                       [&](int id) { return !pairs.at(id).target.large_objects.empty(); });
}

asio::awaitable<void> stage_objects(Pull& pull, pg::Connection& target, const TablePairs& pairs, const Staged& staged,
                                    ObjectsOf of, const BlockKeeper& keeper) {
    const auto columns = columns_with_objects(pairs, staged);
    std::string query{sql::objects_session};
    for (const auto& values : columns)
        query += render_sql(sql::objects_stage, values);
    co_await target.query(std::move(query));
    co_await fetch_checksums(pull, target);
    const auto compared =
        co_await target.query(render_sql(sql::objects_compare, "anew", of.anew ? "true" : "false", "bytes",
                                         bytes_sql("o.ours"), "blocks", blocks_sql("o.ours")));
    const auto blocks = compared.number(0, "blocks");
    co_await fault_point("objects.compared", of.source);
    if (of.anew) {
        co_await copy_what_is_here(target, blocks, true);
    } else {
        const SqlValues values{{"content", content_sql("w.ours", "w.block")}};
        co_await for_blocks(target, blocks, sql::objects_find, values);
    }
    co_await fetch_what_is_missing(pull, target, of.source, keeper);
    co_await fault_point("objects.fetched", of.source);
}

asio::awaitable<void> make_objects(pg::Connection& target, const TablePairs& pairs, const Staged& staged,
                                   ObjectsOf of) {
    const auto counted = co_await target.query("SELECT count(*) AS blocks FROM pg_temp.object_block");
    const auto blocks = counted.number(0, "blocks");
    if (!of.anew) co_await copy_what_is_here(target, blocks, false);
    const SqlValues source{{"source", std::to_string(of.source)}};
    co_await for_blocks(target, blocks, sql::objects_fill, source);
    const auto made = co_await target.query(render_sql(sql::objects_finish, source));
    if (made.boolean(0, "overtaken")) throw ObjectsOvertaken();
    if (made.boolean(0, "missing"))
        throw pg::ConnectionError("the source sent other blocks of large objects than it had said");
    std::string query;
    for (const auto& values : columns_with_objects(pairs, staged))
        query += render_sql(sql::objects_translate, values);
    co_await target.query(std::move(query));
    co_await fault_point("objects.done", of.source);
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

}  // namespace tromp
