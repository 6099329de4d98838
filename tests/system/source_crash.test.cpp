#include <memory>

#include "tests/support/catch.hpp"
#include "tests/support/node.hpp"
#include "tests/support/tree.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/ask.hpp"
#include "tests/system/interleaving.hpp"
#include "tests/system/pair.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

/// After a crash the source uses the ids of transactions again that left no flushed write-ahead log.
namespace {

/// Nothing is flushed but what a commit waits for.
const Cluster::Settings lazy = {
    {"wal_writer_delay", "10s"}, {"bgwriter_delay", "10s"}, {"checkpoint_timeout", "1h"}, {"autovacuum", "off"}};

void crash(Cluster& source) {
    source.kill_all();
    source.start();
}

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
    // Few enough that what they leave in the write-ahead log mostly stays in its last page, which alone is not flushed.
    constexpr int few = 30;
    Pair pair(lazy);
    long long nr = 0;
    int reused = 0;
    for (int round = 0; round < 5; ++round) {
        INFO("round " << round);
        hold_pulls(pair.b);
        pair.a.kill();  // it commits now and then, and what it flushes is not forgotten
        Database user(pair.a.conninfo());
        Database other(pair.a.conninfo());
        // Around a change that is pulled: ids below it that are open or came to nothing, ids above it that are
        // finished.
        burn_ids(other, few);
        user.exec("BEGIN; " + insert(++nr));
        other.exec("BEGIN; " + insert(1'000'000) + "; ROLLBACK");
        burn_ids(other, few);
        user.exec("COMMIT");
        burn_ids(other, few);
        release_pulls(pair.b);
        wait_value(pair.b, max_nr, std::to_string(nr));
        burn_ids(other, few);
        const auto before = other.number(xmax);
        crash(pair.ones);
        Database again(pair.a.conninfo());
        if (again.number(xmax) < before) ++reused;
        again.exec(insert(++nr));
        again.exec("UPDATE item SET name = 'after the crash' WHERE nr = 1");
        pair.a.start();
        pair.check_equal();
        CHECK(pair.b.sql().number("SELECT count(*) FROM item") == nr);
    }
    CHECK(reused > 0);  // these were crashes of the kind that this is about
}

TEST_CASE("what the source had not flushed when it was pulled is flushed before it is applied") {
    Pair pair(lazy);
    long long nr = 0;
    for (const char* const point : {"stage.done", "apply.merged", "apply.before_commit"}) {
        INFO(point);
        pair.a.kill();
        hold_pulls(pair.b);
        Database user(pair.a.conninfo());
        user.exec("SET synchronous_commit = off");
        for (int i = 0; i < 10; ++i)
            user.exec(insert(++nr));
        advance_to(pair.b, "pull.begun", point);
        crash(pair.ones);
        pair.b.faults().release(point);
        wait_value(pair.b, max_nr, std::to_string(nr));
        // Otherwise these would be gone, and others would come with their ids.
        CHECK(pair.a.sql().number(max_nr) == nr);
        pair.a.sql().exec("UPDATE item SET name = 'after the crash' WHERE nr % 3 = 0");
        pair.a.start();
        pair.check_equal();
    }
}

TEST_CASE("commits that are not waited for, around a crash of the source, leave both ends equal") {
    Pair pair(lazy);
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
        crash(pair.ones);
        // The target can have nothing that the source has lost.
        CHECK(pair.b.sql().number(max_nr) <= pair.a.sql().number(max_nr));
        pair.a.sql().exec("DELETE FROM item WHERE nr % 3 = 0");
        nr = std::max(nr, pair.a.sql().number(max_nr));
        pair.check_equal();
    }
}
