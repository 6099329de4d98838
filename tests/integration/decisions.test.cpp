// The product decides for all keys of a batch at once, in SQL; tests/model runs histories over functions that decide
// for one key. Here both decide about the same made-up logs, thousands of keys at a time.

#include "tests/integration/expected.hpp"

#include "common/sql_text.hpp"
#include "daemon/batch.hpp"
#include "daemon/recheck.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/node.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <sql/embedded.hpp>

#include <algorithm>
#include <limits>

using namespace tromp;
using namespace tromp::test;
namespace asio = boost::asio;

namespace {

constexpr std::size_t keys = 3000;

template <typename T>
T run(asio::awaitable<T> task) {
    asio::io_context io;
    auto result = asio::co_spawn(io, std::move(task), asio::use_future);
    io.run();
    return result.get();
}

struct Ends {
    Cluster cluster;
    Node source{cluster, 1, "source"};
    Node target{cluster, 2, "target"};

    Ends() {
        for (Node* const node : {&source, &target}) {
            const auto other = std::to_string(3 - node->number());
            node->sql().exec("CREATE TABLE item (nr bigint PRIMARY KEY, v text)");
            node->init_ok();
            node->sql().exec(
                "INSERT INTO replication.nodes (node, name) VALUES (" + other +
                ", 'other') ON CONFLICT DO NOTHING;"
                "INSERT INTO replication.positions (node, snapshot, system_identifier, timeline, incarnation)"
                " VALUES (" +
                other +
                ", '1:1:', (SELECT system_identifier FROM pg_control_system()),"
                " left(pg_walfile_name(pg_current_wal_insert_lsn()), 8), '')");
        }
        const auto incarnation = source.sql().value("SELECT value FROM replication.config WHERE key = 'incarnation'");
        target.sql().exec("UPDATE replication.positions SET incarnation = '" + incarnation + "'");
        for (Node* const node : {&source, &target}) {
            const auto theirs = (node == &source ? target : source)
                                    .sql()
                                    .value("SELECT link FROM replication.nodes WHERE NOT is_self AND node < 3");
            node->sql().exec("UPDATE replication.nodes SET used = true, whole = true, knows = '" + theirs +
                             "' WHERE NOT is_self AND node < 3");
        }
    }

    void forwards(bool others) {
        target.sql().exec(others
                              ? "INSERT INTO replication.nodes (node, name) VALUES (3, 'third') ON CONFLICT DO NOTHING"
                              : "DELETE FROM replication.nodes WHERE node = 3");
    }
};

asio::awaitable<BatchReport> batch(std::string source_conninfo, std::string target_conninfo, std::uint64_t chunk) {
    const pg::Options options;
    const auto source = co_await pg::Connection::open(source_conninfo, options);
    const auto target = co_await pg::Connection::open(target_conninfo, options);
    const auto session = render_sql(sql::apply_session, "source", "1");
    co_await target->query(session);
    const auto at_source = co_await read_tables(*source);
    const auto at_target = co_await read_tables(*target);
    Peer from;
    from.node = 1;
    from.name = "source";
    const auto pairs = fit_tables(at_source, at_target, from.name, false).pairs;
    Flow flow{*source, *target, from, 2, pairs, chunk, {}, {}, {}};
    flow.begun = [](const BatchHeader&) {};
    flow.clocks = [](const ClockReading&) {};
    co_return co_await replicate_batch(flow);
}

asio::awaitable<int> recheck(std::string conninfo) {
    const pg::Options options;
    const auto target = co_await pg::Connection::open(conninfo, options);
    co_await recheck_unlocked(*target, 1);
    co_return 0;
}

/// Takes the events that were logged since out of `log`, and their transactions and ids, which are whatever they are.
model::Events take_new(model::Events& log, std::int64_t numbered_from) {
    model::Events added;
    for (auto event = log.begin(); event != log.end();) {
        if (event->place.id < first_new_id) {
            ++event;
            continue;
        }
        const auto id = numbered_from++;
        if (event->place.ord == event->place.id) event->place.ord = id;
        event->place.id = id;
        event->xid = 0;
        if (event->tag.strength == std::numeric_limits<double>::lowest()) event->tag.version = event->tag.number = 0;
        added.push_back(*event);
        event = log.erase(event);
    }
    return added;
}

std::map<std::size_t, std::string> stored_conflicts(Database& sql) {
    std::map<std::size_t, std::string> result;
    for (const auto& row :
         sql.rows("SELECT key->>0, concat_ws(' ', winner_origin, winner_version, loser_origin, loser_version)"
                  " FROM replication.conflicts")) {
        CHECK(result.emplace(std::stoull(row[0].value()), row[1].value()).second);
    }
    return result;
}

void compare_batch(Ends& ends, std::uint64_t seed, Forwards forwards, bool shares) {
    std::mt19937_64 random(seed);
    auto source = random_side(random, keys, 1, 2, 4);
    auto target = random_side(random, keys, 2, 1, 3);
    if (shares) share_some(random, target, source);
    const std::uint64_t chunk = random() % 3 == 0 ? 1000000 : 1 + random() % 8000;
    store(ends.source.sql(), source, 2);
    store(ends.target.sql(), target, 1);
    ends.source.sql().exec("UPDATE item SET v = 'theirs' WHERE nr % 3 = 0");
    const auto report = run(batch(ends.source.conninfo(), ends.target.conninfo(), chunk));
    const auto last = last_of_chunk(source, target.position, chunk);
    REQUIRE(report.outcome == Outcome::applied);
    REQUIRE(report.header.last == last);
    const auto position = cut(report.header.now, target.position, last);
    auto& sql = ends.target.sql();
    CHECK(sql.value("SELECT snapshot FROM replication.positions") == position.text());
    CHECK(sql.value("SELECT acknowledged FROM replication.nodes WHERE node = 1") == source.position.text());

    auto logs = stored_logs(sql);
    const auto ahead = stored_ahead(sql, 1);
    const auto conflicts = stored_conflicts(sql);
    std::vector<bool> rows(keys);
    std::vector<bool> theirs(keys);
    for (const auto& row : sql.rows("SELECT nr, v FROM item")) {
        rows[std::stoull(row[0].value())] = true;
        theirs[std::stoull(row[0].value())] = row[1].has_value();
    }
    std::size_t taken = 0;
    for (std::size_t key = 0; key < keys; ++key) {
        const auto expected = expect(source, target, key, last, position, forwards);
        const auto added = take_new(logs[key], first_new_id);
        const auto entry = ahead.find(key);
        const auto conflict = conflicts.find(key);
        CAPTURE(seed, static_cast<int>(forwards), chunk, key);
        REQUIRE(rows[key] == expected.row);
        REQUIRE(theirs[key] == (expected.is_theirs && differs(key)));
        REQUIRE(logs[key] == expected.old_log);
        REQUIRE(added == expected.logged);
        REQUIRE((entry == ahead.end() ? std::nullopt : std::optional(entry->second)) == expected.ahead);
        REQUIRE((conflict == conflicts.end() ? "" : conflict->second) == expected.conflict);
        if (!expected.logged.empty()) ++taken;
    }
    auto truncates = stored_truncates(sql);
    const auto added = take_new(truncates, first_new_id);
    REQUIRE(truncates == target.truncates);
    const auto truncate = truncate_of_chunk(source, target.position, last);
    const bool forwards_it = forwards != Forwards::nothing;
    REQUIRE(added.size() == (truncate && forwards_it ? 1U : 0U));
    if (!added.empty()) CHECK((added[0].tag == truncate->tag && added[0].via == 1 && added[0].action == 'T'));
    CHECK((taken > 0 || !forwards_it));
    CHECK(!conflicts.empty());
}

}  // namespace

TEST_CASE("a batch ends as the model's functions say, whatever is in the logs, at a node that forwards and at a leaf") {
    Ends ends;
    for (const auto forwards : {Forwards::events, Forwards::rows, Forwards::nothing}) {
        ends.forwards(forwards != Forwards::nothing);
        for (std::uint64_t seed = 1; seed <= 6; ++seed) {
            // Positions are as random as all else, so nothing was acknowledged before.
            ends.target.sql().exec("UPDATE replication.nodes SET acknowledged = NULL, compared = NULL");
            if (forwards == Forwards::events)
                ends.target.sql().exec("UPDATE replication.nodes SET compared = md5('public.item') WHERE node = 3");
            compare_batch(ends, seed, forwards, seed % 2 == 0);
        }
    }
}

TEST_CASE("pruning and compacting leave what the model's functions leave") {
    Ends ends;
    ends.forwards(true);
    auto& sql = ends.target.sql();
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        std::mt19937_64 random(seed);
        const auto target = random_side(random, keys, 2, 1, 3);
        model::Acknowledged acknowledged{{1, random_snapshot(random)}, {3, std::nullopt}};
        if (seed > 1) acknowledged[3] = random_snapshot(random);
        for (const auto& [node, snapshot] : acknowledged)
            sql.exec("UPDATE replication.nodes SET acknowledged = " +
                     (snapshot ? "'" + snapshot->text() + "'" : "NULL") + " WHERE node = " + std::to_string(node));
        store(sql, target, 1);
        sql.exec(std::string(sql::prune));
        auto pruned = stored_logs(sql);
        CHECK(stored_truncates(sql) == model::pruned_truncates(target.truncates, acknowledged));
        store(sql, target, 1);
        sql.exec(std::string(sql::compact));
        auto compacted = stored_logs(sql);
        CHECK(stored_truncates(sql) == model::compacted_truncates(target.truncates));
        for (std::size_t key = 0; key < keys; ++key) {
            CAPTURE(seed, key);
            REQUIRE(pruned[key] == model::pruned(target.logs[key], acknowledged));
            REQUIRE(compacted[key] == model::compacted(target.logs[key]));
        }
    }
}

TEST_CASE("the recheck of deletes without a lock logs again what the model's function says") {
    Ends ends;
    auto& sql = ends.target.sql();
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        std::mt19937_64 random(seed);
        const auto target = random_side(random, keys, 2, 1, 3);
        store(sql, target, 1);
        std::map<std::size_t, std::vector<std::int64_t>> notes;
        std::string values;
        for (std::size_t key = 0; key < keys; key += 1 + random() % 3) {
            std::string seen;
            for (const auto& event : target.logs[key]) {
                if (random() % 3 == 0) continue;
                notes[key].push_back(event.place.id);
                seen += (seen.empty() ? "" : ",") + std::to_string(event.place.id);
            }
            notes[key];
            values +=
                (values.empty() ? "(1, 1, " : ", (1, 1, ") + std::to_string(key) + ", '{" + seen + "}'::bigint[])";
        }
        sql.exec("INSERT INTO replication.unlocked (node, tbl, nr, seen) VALUES " + values);
        run(recheck(ends.target.conninfo()));
        auto logs = stored_logs(sql);
        std::size_t again = 0;
        for (std::size_t key = 0; key < keys; ++key) {
            model::Events expected;
            if (const auto note = notes.find(key); note != notes.end())
                expected = model::to_log_again(target.logs[key], 1, note->second, 0, first_new_id);
            CAPTURE(seed, key);
            REQUIRE(take_new(logs[key], first_new_id) == expected);
            REQUIRE(logs[key] == target.logs[key]);
            again += expected.size();
        }
        CHECK(again > 100);
        CHECK(sql.number("SELECT count(*) FROM replication.unlocked") == 0);
    }
}
