#include <sql/embedded.hpp>

#include "tests/support/catch.hpp"
#include "tests/support/node.hpp"
#include "tests/support/twin.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/ask.hpp"
#include "tests/system/pair.hpp"

using namespace tromp::test;

/// A second database with all that the first one knew: a standby that was promoted, a copy of the files. Each writes on
/// with the same transaction ids and the same numbers of events, for other changes.
namespace {

std::string row(int nr, const std::string& name) {
    return "INSERT INTO item VALUES (" + std::to_string(nr) + ", '" + name + "')";
}

/// a goes on at `twin`, its old server never comes back.
void fail_over(Pair& pair, Twin& twin) {
    pair.ones.crash();
    twin.promote();
    set_own_database(pair.a, twin.conninfo("a"));
    pair.b.link(pair.a, {.conninfo = twin.conninfo("a")});
}

}  // namespace

TEST_CASE("a synchronous standby that was promoted is named, and nothing of what waited there is lost or forgotten") {
    Pair pair;
    Twin twin(pair.ones, Twin::Kind::standby);
    twin.make_synchronous();
    pair.a.sql().exec(row(1, "of both"));
    pair.sync();
    pair.b.stop();
    pair.a.sql().exec(row(2, "not read yet"));
    pair.b.sql().exec("UPDATE item SET name = 'of b' WHERE nr = 1");
    pair.a.stop();
    fail_over(pair, twin);
    Database a(twin.conninfo("a"));
    CHECK(a.number("SELECT count(*) FROM item") == 2);
    a.exec(row(3, "after it"));
    pair.a.start();
    pair.b.start();
    CHECK_THAT(wait_error(pair.b, pair.a, "changed its timeline from 00000001 to 00000002"),
               contains("run trompctl init at a"));
    CHECK_THAT(wait_error(pair.a, pair.b, "the database of a is not where its links began"),
               contains("changed its timeline"));
    pair.check_stopped();
    a.exec(std::string(tromp::sql::prune));
    CHECK(a.number("SELECT count(*) FROM replication.log WHERE key IN ('[2]', '[3]')") == 2);
    Pair::begin_anew(pair.a);
    pair.sync();
    CHECK(small_diff(table_image(a, "item"), table_image(pair.b.sql(), "item")) == "");
    CHECK(a.number("SELECT count(*) FROM item") == 3);
    CHECK(a.value("SELECT name FROM item WHERE nr = 1") == "of b");
}

TEST_CASE(
    "a standby that was promoted without the newest changes is named, and what is written in their place is not "
    "skipped") {
    Pair pair;
    pair.a.sql().exec(row(1, "of both"));
    pair.sync();
    Twin twin(pair.ones, Twin::Kind::standby);
    twin.stop_receiving();
    for (int nr = 2; nr < 10; ++nr)
        pair.a.sql().exec(row(nr, "the standby never got it"));
    pair.sync();
    pair.a.stop();
    pair.b.sql().exec("UPDATE item SET name = 'of b' WHERE nr = 1");
    fail_over(pair, twin);
    // The same transaction ids and events once more, for other rows; as many, so that no counter is behind.
    Database a(twin.conninfo("a"));
    a.exec("UPDATE item SET name = 'of the standby' WHERE nr = 1");
    for (int nr = 11; nr < 60; ++nr)
        a.exec(row(nr, "of the standby"));
    pair.a.start();
    pair.b.restart();
    wait_error(pair.b, pair.a, "changed its timeline");
    wait_error(pair.a, pair.b, "the database of a is not where its links began");
    pair.check_stopped();
    a.exec(std::string(tromp::sql::prune));
    CHECK(a.number("SELECT count(*) FROM replication.log") >= 50);
    CHECK(a.value("SELECT name FROM item WHERE nr = 1") == "of the standby");
    CHECK(pair.b.sql().value("SELECT name FROM item WHERE nr = 1") == "of b");
    // What a lost is still at b, and comes back.
    Pair::begin_anew(pair.a);
    pair.sync();
    pair.sync();
    CHECK(small_diff(table_image(a, "item"), table_image(pair.b.sql(), "item")) == "");
    CHECK(a.number("SELECT count(*) FROM item") == 9 + 49);
    CHECK(a.value("SELECT name FROM item WHERE nr = 1") == "of the standby");
}

TEST_CASE(
    "two nodes that run from copies of one directory: the one that is not read is named before it forgets anything") {
    Pair pair;
    pair.a.sql().exec(row(1, "of both"));
    pair.sync();
    pair.a.stop();
    Twin twin(pair.ones, Twin::Kind::copy);
    pair.a.start();
    // The copy's daemon has a's file, but for the address of its own database.
    Node copy(pair.others, 1, "copy");
    copy.link(pair.b);
    set_own_database(copy, twin.conninfo("a"));
    Database there(twin.conninfo("a"));
    there.exec(row(2, "of the copy"));
    copy.start();
    copy.wait_state(pair.b, "streaming");
    pair.a.sql().exec(row(3, "of a"));
    pair.sync();
    // b has read a's changes, under the numbers that the copy gave to its own.
    wait_said(copy, "our own database went back to an earlier state (restored from a backup), or is a copy");
    wait_said(copy, "another database with this node's number");
    CHECK(copy.ctl({"sync", "--wait", "--timeout", "1s"}).exit_code == 1);
    CHECK(there.number("SELECT count(*) FROM item WHERE nr = 2") == 1);
    // The original goes on.
    pair.check_equal();
    CHECK(pair.b.sql().number("SELECT count(*) FROM item") == 2);
}

TEST_CASE("a copy of the directory in the place of the original is named once the original was read") {
    Pair pair;
    pair.a.sql().exec(row(1, "of both"));
    pair.sync();
    pair.a.stop();
    Twin twin(pair.ones, Twin::Kind::copy);
    pair.a.start();
    pair.a.sql().exec(row(2, "of a"));
    pair.sync();
    // It has more events and transactions than the original, for other rows.
    Database there(twin.conninfo("a"));
    for (int nr = 11; nr < 300; ++nr)
        there.exec(row(nr, "of the copy"));
    pair.b.link(pair.a, {.conninfo = twin.conninfo("a")});
    pair.b.restart();
    wait_said(pair.b, "or is a copy of the one that was read before");
    CHECK(pair.b.sql().number("SELECT count(*) FROM item") == 2);
    pair.b.link(pair.a);
    pair.b.restart();
    pair.check_equal();
}
