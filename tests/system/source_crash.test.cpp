#include <memory>

#include "tests/support/catch.hpp"
#include "tests/support/node.hpp"
#include "tests/support/tree.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/ask.hpp"
#include "tests/system/interleaving.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

/// After a crash the source uses the ids of transactions again that left no flushed write-ahead log.
namespace {

/// Nothing is flushed but what a commit waits for.
const Cluster::Settings lazy = {
    {"wal_writer_delay", "10s"}, {"bgwriter_delay", "10s"}, {"checkpoint_timeout", "1h"}, {"autovacuum", "off"}};

/// The source has a cluster of its own, which can lose its power.
struct Pair {
    Pair() {
        for (auto* const node : {&a, &b})
            node->sql().exec("CREATE TABLE item (nr bigint PRIMARY KEY, name text)");
        a.link(b);
        b.link(a);
        for (auto* const node : {&a, &b}) {
            node->init_ok();
            node->start();
        }
        sync();
    }

    void sync() {
        for (auto* const node : {&a, &b}) {
            const auto output = node->sync();
            INFO(output.err << tail(node->log(), 20));
            REQUIRE(output.exit_code == 0);
        }
    }

    void crash_source() {
        source.kill_all();
        source.start();
    }

    void check_equal() {
        sync();
        CHECK(small_diff(table_image(a.sql(), "item"), table_image(b.sql(), "item")) == "");
        wait_log_short(a);
        wait_log_short(b);
    }

    Cluster source{lazy};
    Cluster target;
    Node a{source, 1, "a"};
    Node b{target, 2, "b"};
};

void burn_ids(Database& database, int count) {
    for (int i = 0; i < count; ++i)
        database.exec("BEGIN; SELECT pg_current_xact_id(); ROLLBACK");
}

const char* const max_nr = "SELECT coalesce(max(nr), 0) FROM item";
const char* const xmax = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint";

std::string insert(long long nr) {
    return "INSERT INTO item VALUES (" + std::to_string(nr) + ", 'row " + std::to_string(nr) + "')";
}

}  // namespace

TEST_CASE("a source that is killed right after a pull and hands out the same transaction ids again skips nothing") {
    Pair pair;
    long long nr = 0;
    for (int round = 0; round < 5; ++round) {
        INFO("round " << round);
        hold_pulls(pair.b);
        pair.a.kill();  // it commits now and then, and what it flushes is not forgotten
        Database user(pair.a.conninfo());
        Database other(pair.a.conninfo());
        // Around a change that is pulled: ids below it that are open, ids above it that are finished.
        burn_ids(other, 20);
        user.exec("BEGIN; " + insert(++nr));
        other.exec("BEGIN; " + insert(1'000'000) + "; ROLLBACK");
        burn_ids(other, 100);
        user.exec("COMMIT");
        burn_ids(other, 100);
        release_pulls(pair.b);
        wait_value(pair.b, max_nr, std::to_string(nr));
        for (int i = 0; i < 20; ++i)
            other.exec("BEGIN; " + insert(1'000'000 + i) + "; ROLLBACK");
        burn_ids(other, 100);
        const auto before = other.number(xmax);
        pair.crash_source();
        // It was a crash of the kind that this is about.
        Database again(pair.a.conninfo());
        CHECK(again.number(xmax) < before);
        again.exec(insert(++nr));
        again.exec("UPDATE item SET name = 'after the crash' WHERE nr = 1");
        pair.a.start();
        pair.check_equal();
        CHECK(pair.b.sql().number("SELECT count(*) FROM item") == nr);
    }
}

TEST_CASE("a commit that the source had not flushed when it was pulled is not applied before it is") {
    Pair pair;
    Database user(pair.a.conninfo());
    user.exec("SET synchronous_commit = off");
    long long nr = 100;
    for (const char* const point : {"stage.events", "stage.rows"}) {
        INFO(point);
        pair.b.faults().arm(point, Faults::Action::pause);
        for (int i = 0; i < 10; ++i)
            user.exec(insert(++nr));
        pair.b.faults().wait_reached(point);
        CHECK(pair.b.sql().number("SELECT count(*) FROM item WHERE nr > 100") == 0);
        pair.crash_source();
        pair.b.faults().release(point);
        // What is gone at the source is not at the target, and the ids are used by other rows now.
        Database again(pair.a.conninfo());
        again.exec("INSERT INTO item SELECT 100 + i, 'instead' FROM generate_series(1, 10) i ON CONFLICT DO NOTHING");
        pair.check_equal();
        CHECK(pair.b.sql().number("SELECT count(*) FROM item WHERE nr BETWEEN 101 AND 110") == 10);
        again.exec("DELETE FROM item");
        pair.check_equal();
        user.reconnect();
        user.exec("SET synchronous_commit = off");
        nr = 100;
    }
}

TEST_CASE("commits that are not waited for, around a crash of the source, leave both ends equal") {
    Pair pair;
    long long nr = 0;
    for (int round = 0; round < 4; ++round) {
        INFO("round " << round);
        Database user(pair.a.conninfo());
        user.exec("SET synchronous_commit = off");
        for (int i = 0; i < 50; ++i) {
            user.exec(insert(++nr));
            if (i % 5 == 0) burn_ids(user, 3);
            if (i % 7 == 0) user.exec("UPDATE item SET name = name || '*' WHERE nr % 5 = 0");
        }
        if (round % 2 == 0) wait_value(pair.b, max_nr, std::to_string(nr));
        pair.crash_source();
        // The target can have nothing that the source has lost.
        CHECK(pair.b.sql().number(max_nr) <= pair.a.sql().number(max_nr));
        pair.a.sql().exec("DELETE FROM item WHERE nr % 3 = 0");
        nr = std::max(nr, pair.a.sql().number(max_nr));
        pair.check_equal();
    }
}
