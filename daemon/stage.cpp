#include "daemon/stage.hpp"

#include "common/fault.hpp"
#include "common/sql_text.hpp"
#include "daemon/copy_in.hpp"

#include <sql/embedded.hpp>

#include <charconv>

namespace tromp {
namespace {

/// Splits the table number off the front of a line; the rest begins with the tab.
int take_table(std::string_view& line) {
    int table = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), table);
    if (error != std::errc{} || end == line.data() + line.size() || *end != '\t') {
        throw Error("the source sent an event that cannot be understood");
    }
    line.remove_prefix(static_cast<std::size_t>(end - line.data()));
    return table;
}

const TablePair& pair_of(const TablePairs& pairs, int source_table) {
    const auto found = pairs.find(source_table);
    if (found == pairs.end())
        throw pg::ConnectionError("the source has a new replicated table; its tables are read again");
    return found->second;
}

enum class Unpaired { refused, skipped };

/// Streams lines that begin with one of the source's table numbers into a table whose lines begin with ours.
/// Those of tables that we do not pair are an error, or of no interest.
pg::asio::awaitable<std::int64_t> copy_translated(Pull& pull, pg::Connection& target, std::string copy,
                                                  const TablePairs& pairs, Unpaired unpaired, std::set<int>& tables) {
    CopyIn sink(target);
    co_await sink.begin(std::move(copy));
    int current = 0;
    std::string translated;
    const LineSink write = [&](std::string_view line) -> pg::asio::awaitable<void> {
        const int table = take_table(line);
        if (unpaired == Unpaired::skipped && !pairs.contains(table)) co_return;
        if (table != current || translated.empty()) {
            translated = std::to_string(pair_of(pairs, table).target.id);
            tables.insert(table);
            current = table;
        }
        co_await sink.write(translated);
        co_await sink.write(line);
    };
    co_await pull.copy(write);
    co_return co_await sink.end();
}

}  // namespace

pg::asio::awaitable<void> stage_keys(Pull& pull, pg::Connection& target, const TablePairs& pairs) {
    std::set<int> tables;
    co_await copy_translated(pull, target, "COPY pg_temp.their_ahead (tbl, wire_nr, key, beyond) FROM STDIN", pairs,
                             Unpaired::skipped, tables);
}

pg::asio::awaitable<Staged> stage_events(Pull& pull, pg::Connection& target, const TablePairs& pairs) {
    Staged staged;
    co_await stage_keys(pull, target, pairs);
    staged.events = co_await copy_translated(pull, target,
                                             "COPY pg_temp.incoming_event (tbl, wire_nr, key, step, action, strength, "
                                             "version, origin, number, xid, beyond)"
                                             " FROM STDIN",
                                             pairs, Unpaired::refused, staged.tables);
    co_return staged;
}

pg::asio::awaitable<void> stage_truncates(pg::Connection& target, const TablePairs& pairs,
                                          const std::vector<Truncate>& truncates, Staged& staged) {
    std::string rows;
    for (const auto& truncate : truncates) {
        rows += (rows.empty() ? "(" : ", (") + std::to_string(pair_of(pairs, truncate.table).target.id) + ", " +
                std::to_string(truncate.version) + ", " + std::to_string(truncate.origin) + ", " +
                std::to_string(truncate.number) + ")";
        staged.tables.insert(truncate.table);
        staged.truncated.insert(truncate.table);
    }
    if (rows.empty()) co_return;
    co_await target.query("INSERT INTO pg_temp.incoming_truncate (tbl, version, origin, number) VALUES " + rows);
}

namespace {

/// The keys of the source's rows, and those of what comes with a later chunk.
pg::asio::awaitable<void> stage_spared(Pull& pull, pg::Connection& target, const TablePairs& pairs,
                                       const TablePair& pair) {
    co_await target.query(render_sql(sql::stage_spared, table_sql(pair)));
    CopyIn sink(target);
    co_await sink.begin("COPY " + spared_name(pair.target) + " FROM STDIN");
    const LineSink write = [&sink](std::string_view line) { return sink.write(line); };
    co_await pull.copy(write);
    co_await sink.end();
    std::set<int> tables;
    co_await copy_translated(pull, target, "COPY pg_temp.spared_key (tbl, wire_nr, key, beyond) FROM STDIN", pairs,
                             Unpaired::refused, tables);
}

}  // namespace

pg::asio::awaitable<void> stage_rows(Pull& pull, pg::Connection& target, const TablePairs& pairs, Staged& staged,
                                     int source, bool more) {
    std::vector<const TablePair*> tables;
    for (const int id : staged.tables)
        tables.push_back(&pairs.at(id));
    co_await pull.ask_rows(tables, staged.truncated, staged.found, more);
    for (const TablePair* const pair : tables) {
        const auto stage = stage_name(pair->target);
        co_await target.query(render_sql(sql::stage_rows, table_sql(*pair)));
        CopyIn sink(target);
        co_await sink.begin("COPY " + stage + " (" + pair->shared_columns() + ") FROM STDIN");
        const LineSink write = [&sink, &staged](std::string_view line) {
            staged.bytes += static_cast<std::int64_t>(line.size());
            return sink.write(line);
        };
        for (int copy = 0; copy < pull.copies(); ++copy)
            co_await pull.copy(write);
        staged.rows += co_await sink.end();
        if (staged.truncated.contains(pair->source.id)) co_await stage_spared(pull, target, pairs, *pair);
        co_await fault_point("stage.rows", source);
    }
}

pg::asio::awaitable<void> limit_stages(pg::Connection& target, int source, const Staged& staged,
                                       std::set<int>& stages) {
    constexpr std::size_t most = 100;
    stages.insert(staged.tables.begin(), staged.tables.end());
    if (stages.size() <= most) co_return;
    co_await target.query("DISCARD TEMP;" + render_sql(sql::apply_session, "source", std::to_string(source)));
    stages.clear();
}

}  // namespace tromp
