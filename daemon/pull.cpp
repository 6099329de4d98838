#include "daemon/pull.hpp"

#include "common/fault.hpp"
#include "common/object_sql.hpp"
#include "daemon/table_sql.hpp"

#include <boost/json.hpp>
#include <sql/embedded.hpp>

#include <algorithm>
#include <utility>

namespace tromp {
namespace {

// Of a large object much is read between two checksums.
constexpr std::chrono::minutes patience_with_checksums{10};

void be_patient(pg::Connection& source, bool patient) {
    const pg::Options usual;
    source.set_silence_limit(patient ? patience_with_checksums : usual.silence_limit);
    source.set_stall_limit(patient ? patience_with_checksums : usual.stall_limit);
}

void check_source(const pg::Result& row, const Peer& expected) {
    if (!row.optional_at(0, "node")) {
        throw Error("the database of " + expected.name + " was not set up: run trompctl init there");
    }
    if (row.number(0, "node") != expected.node) {
        throw Error("the database of " + expected.name + " says that it is node " + std::string(row.at(0, "node")) +
                    ", not node " + std::to_string(expected.node) +
                    ": correct `neighbours` in the file, or its address");
    }
}

std::vector<Truncate> parse_truncates(const std::string& text) {
    const auto list = boost::json::parse(text);
    std::vector<Truncate> truncates;
    for (const auto& entry : list.as_array()) {
        const auto numbers = boost::json::value_to<std::vector<std::int64_t>>(entry);
        if (numbers.size() != 4) throw Error("the source sent a TRUNCATE that cannot be understood");
        truncates.push_back({static_cast<int>(numbers[0]), numbers[1], numbers[2], numbers[3]});
    }
    return truncates;
}

BatchHeader read_header(const pg::Result& row, const Peer& expected) {
    BatchHeader header;
    header.now = Snapshot::parse(row.at(0, "snapshot"));
    header.last = static_cast<Xid>(row.number(0, "last"));
    header.events = row.number(0, "events");
    header.events_for_us = row.number(0, "events_for_us");
    header.newest = row.number(0, "newest");
    header.statements = row.at(0, "statements");
    header.overlooked = row.boolean(0, "overlooked");
    header.oldest_age = std::max(0.0, std::strtod(std::string(row.at(0, "oldest_age")).c_str(), nullptr) / 1e6);
    const auto paused = row.optional_at(0, "paused");
    if (!paused) {
        throw NotYet(
            expected.name +
            " does not list this node as a neighbour yet: add it to `neighbours` there and restart its trompd");
    }
    header.paused = *paused == "t";
    header.inserted = parse_lsn(row.at(0, "inserted"));
    header.identity.system_identifier = row.at(0, "system_identifier");
    header.identity.timeline = row.at(0, "timeline");
    header.identity.incarnation = row.optional_at(0, "incarnation").value_or("");
    header.identity.link = row.optional_at(0, "link").value_or("");
    header.identity.mark = row.optional_at(0, "mark").value_or("");
    header.marks = {header.identity.mark, row.optional_at(0, "mark_before").value_or("")};
    header.link_of_us = row.optional_at(0, "link_of_us").value_or("");
    header.behind = row.at(0, "behind") == "t";
    header.yields = row.at(0, "yields") == "t";
    header.asked = row.optional_at(0, "asked").value_or("");
    header.comparing = parse_comparing(row.at(0, "comparing"));
    header.mark_of_us = row.optional_at(0, "mark_of_us").value_or("");
    if (row.optional_at(0, "newest_of_us")) header.newest_of_us = row.number(0, "newest_of_us");
    header.moved = row.optional_at(0, "moved").value_or("");
    if (const auto read = row.optional_at(0, "read_of_us")) header.read_of_us = Snapshot::parse(*read);
    header.held_of_us = parse_held_tables(row.at(0, "held_of_us"));
    if (const auto known = row.optional_at(0, "acknowledged_by_us")) header.acknowledged = Snapshot::parse(*known);
    header.schema_version = static_cast<int>(row.number(0, "schema_version"));
    header.compared = row.optional_at(0, "compared_with_us").value_or("");
    header.accepts_us = row.boolean(0, "accepts_us");
    header.reach_text = row.at(0, "reach");
    header.reach = parse_reach(header.reach_text);
    header.any_held = row.boolean(0, "any_held");
    header.last_event = row.number(0, "last_event");
    return header;
}

}  // namespace

SqlValues Pull::values() const {
    return {{"reader", std::to_string(request_.reader)},
            {"xip", request_.position.xip_array()},
            {"xmax", std::to_string(request_.position.xmax)},
            {"position", request_.position.text()},
            {"scope", request_.scope.filter("e")},
            {"chunk", std::to_string(request_.chunk)},
            {"newest", request_.newest ? std::to_string(*request_.newest) : "NULL"}};
}

pg::asio::awaitable<BatchHeader> Pull::begin(const Peer& expected) {
    const ClockQuestion question;
    co_await source_.send(render_sql(sql::pull_begin, values()) + render_sql(sql::pull_ahead, values()) +
                          render_sql(sql::pull_events, values()));
    std::optional<pg::Result> row;
    do {
        row = co_await source_.next();
        if (!row) throw pg::ConnectionError("the source ended a pull before it began");
    } while (row->status() != PGRES_TUPLES_OK);
    const auto clock = question.end(row->number(0, "clock"));
    check_source(*row, expected);
    auto header = read_header(*row, expected);
    header.clock = clock;
    any_held_ = header.any_held;
    if (const auto truncates = row->optional_at(0, "truncates")) truncates_ = parse_truncates(*truncates);
    co_return header;
}

pg::asio::awaitable<void> Pull::copy(const LineSink& sink) {
    const auto start = co_await source_.next();
    if (!start || start->status() != PGRES_COPY_OUT)
        throw pg::ConnectionError("the source did not send what a pull asks for");
    co_await lines(sink);
    // The command's own result; an error that came in the middle of the COPY is thrown here.
    const auto end = co_await source_.next();
    if (!end) throw pg::ConnectionError("the source ended a COPY without a word");
}

pg::asio::awaitable<void> Pull::lines(const LineSink& sink) {
    for (;;) {
        const auto line = co_await source_.copy_row();
        if (!line) co_return;
        co_await sink(*line);
    }
}

pg::asio::awaitable<void> Pull::drain() {
    const LineSink nowhere = [](std::string_view) -> pg::asio::awaitable<void> { co_return; };
    for (;;) {
        const auto result = co_await source_.next();
        if (!result) co_return;
        if (result->status() == PGRES_COPY_OUT) co_await lines(nowhere);
    }
}

pg::asio::awaitable<void> Pull::ask_rows(const std::vector<const TablePair*>& tables, const std::set<int>& truncated,
                                         const std::map<int, std::string>& found, bool more_follows) {
    co_await drain();
    std::string query;
    std::vector<const ReplicatedTable*> sources;
    for (const TablePair* const pair : tables) {
        auto more = values();
        std::string columns;
        std::string images;
        for (const auto& column : pair->target.columns) {
            if (!pair->shares(column.name)) continue;
            columns += (columns.empty() ? "t." : ", t.") + quote_identifier(column.name);
            images += (images.empty() ? "" : ", ") + ("h.row ->> " + quote_literal(column.name));
        }
        more["columns"] = std::move(columns);
        more["images"] = std::move(images);
        more["table"] = pair->source.quoted_name();
        more["tbl"] = std::to_string(pair->source.id);
        more["join"] = pair->source.key_match("t", "k");
        const auto keys = found.find(pair->source.id);
        more["more_keys"] = keys == found.end() ? "" : render_sql(sql::compare_more_keys, "keys", keys->second);
        query += render_sql(any_held_ ? sql::pull_rows_held : sql::pull_rows, more);
        if (truncated.contains(pair->source.id)) {
            more["keys"] = pair->source.key_list("t");
            more["held_nr"] = pair->source.integer_key ? "h.nr" : "NULL";
            more["held_key"] = pair->source.integer_key ? "NULL" : "h.key";
            query += render_sql(sql::pull_spared, more);
        }
        sources.push_back(&pair->source);
    }
    end_query_ = render_sql(sql::pull_end, as_agreed(sources));
    if (!more_follows) query += std::exchange(end_query_, "");
    co_await source_.send(std::move(query));
}

pg::asio::awaitable<void> Pull::ask_objects(const std::string& objects) {
    co_await drain();
    be_patient(source_, true);
    // The source waits while the target compares and copies what it has.
    co_await source_.send("SET LOCAL idle_in_transaction_session_timeout = '10min';" +
                          render_sql(sql::pull_objects, "objects", "{" + objects + "}", "bytes", bytes_sql("o.object"),
                                     "blocks", blocks_sql("o.object")));
    const auto set = co_await source_.next();
    if (!set) throw pg::ConnectionError("the source did not answer a pull");
}

pg::asio::awaitable<void> Pull::ask_blocks(int source, const std::string& objects, const std::string& blocks) {
    co_await drain();
    be_patient(source_, false);
    co_await source_.send(render_sql(sql::pull_blocks, "source", std::to_string(source), "objects", "{" + objects + "}",
                                     "blocks", "{" + blocks + "}", "content", content_sql("w.object", "w.block")));
}

pg::asio::awaitable<bool> Pull::end() {
    if (!end_query_.empty()) {
        co_await drain();
        be_patient(source_, false);
        co_await source_.send(std::exchange(end_query_, ""));
    }
    const auto row = co_await source_.next();
    if (!row || row->status() != PGRES_TUPLES_OK) throw pg::ConnectionError("the source did not end a pull as asked");
    flushed_ = parse_lsn(row->at(0, "flushed"));
    co_await drain();
    co_return row->boolean(0, "unchanged");
}

pg::asio::awaitable<void> Pull::end_empty() {
    co_await drain();
    co_await source_.query("COMMIT");
}

pg::asio::awaitable<std::int64_t> Pull::backlog() {
    co_await drain();
    const auto row = co_await source_.query(render_sql(sql::pull_backlog, values()));
    co_return row.number(0, "events");
}

pg::asio::awaitable<void> Pull::ensure_durable(Lsn inserted) {
    if (is_flushed(inserted, flushed_)) co_return;
    const auto row = co_await source_.query(std::string(sql::pull_nudge));
    flushed_ = parse_lsn(row.at(0, "flushed"));
    if (!is_flushed(inserted, flushed_)) throw pg::ConnectionError("the source does not flush its write-ahead log");
}

}  // namespace tromp
