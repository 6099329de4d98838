#include <sql/embedded.hpp>

#include "tests/support/catch.hpp"
#include "tests/support/node.hpp"
#include "tests/support/tree.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/ask.hpp"
#include "tests/system/dump.hpp"
#include "tests/system/items.hpp"
#include "tests/system/pair.hpp"

using namespace tromp::test;

/// A database that goes on at another place: its transactions have other numbers there, so the positions that others
/// hold in its log mean nothing, and neither does what it knows that others have read. Whoever went by them would skip
/// changes, forget some unsent, and take others for known that were not. twins.test.cpp has the places where the
/// original may go on as well.
namespace {

/// Both write while the link is down: rows of their own, and row 1, which b changes first. The daemons are stopped.
void part(Pair& pair) {
    pair.a.sql().exec("INSERT INTO item SELECT n, 'of both' FROM generate_series(1, 3) n");
    // In the other cluster a has far fewer transactions behind it than b has read here.
    for (int i = 0; i < 50; ++i)
        pair.a.sql().exec("UPDATE item SET name = name || '.' WHERE nr = 3");
    pair.sync();
    pair.a.stop();
    pair.b.stop();
    pair.a.sql().exec("INSERT INTO item VALUES (10, 'of a')");
    pair.b.sql().exec("INSERT INTO item VALUES (20, 'of b'); UPDATE item SET name = 'of b' WHERE nr = 1");
}

/// What a's users write where it is now.
void write_on(Database& a) {
    a.exec("INSERT INTO item VALUES (11, 'of a, moved')");
    a.exec("UPDATE item SET name = 'of a, moved' WHERE nr = 1");
}

/// Whatever each had not told the other is still there, and nothing was brought over.
void check_untouched(Database& a, Database& b) {
    a.exec(std::string(tromp::sql::prune));
    CHECK(a.number("SELECT count(DISTINCT key) FROM replication.log WHERE key <@ '[1, 10, 11]'") == 3);
    CHECK(a.value("SELECT name FROM item WHERE nr = 1") == "of a, moved");
    CHECK(b.value("SELECT name FROM item WHERE nr = 1") == "of b");
    CHECK(a.number("SELECT count(*) FROM item WHERE nr = 20") == 0);
    CHECK(b.number("SELECT count(*) FROM item WHERE nr IN (10, 11)") == 0);
}

/// All has arrived, and what lost is kept.
void check_whole(Pair& pair, Database& a) {
    pair.sync();
    pair.sync();
    CHECK(small_diff(table_image(a, "item"), table_image(pair.b.sql(), "item")) == "");
    CHECK(a.number("SELECT count(*) FROM item WHERE nr IN (10, 11, 20)") == 3);
    CHECK(a.value("SELECT name FROM item WHERE nr = 1") == "of a, moved");
    const auto loser = "SELECT count(*) FROM replication.conflicts WHERE key = '[1]' AND loser_row ->> 'name' = 'of b'";
    CHECK(a.number(loser) + pair.b.sql().number(loser) > 0);
}

}  // namespace

TEST_CASE("a database that was dumped and restored in another cluster is named at both ends, and nothing is lost") {
    Pair pair;
    part(pair);
    const TempDir place;
    dump(pair.a.conninfo(), place / "a.sql");
    auto elsewhere = Cluster::unrelated();
    elsewhere.create_database("a");
    restore(elsewhere.conninfo("a"), place / "a.sql");
    Database a(elsewhere.conninfo("a"));
    write_on(a);
    set_own_database(pair.a, elsewhere.conninfo("a"));
    pair.b.link(pair.a, {.conninfo = elsewhere.conninfo("a")});
    pair.a.start();
    pair.b.start();
    CHECK_THAT(wait_error(pair.b, pair.a, "it is in another PostgreSQL cluster than before"),
               contains("run trompctl init at a"));
    CHECK_THAT(wait_error(pair.a, pair.b, "the database of a is not where its links began"),
               contains("run trompctl init at a"));
    pair.check_stopped();
    CHECK_FALSE(pair.a.status().at("safe_to_go_offline").as_bool());
    check_untouched(a, pair.b.sql());
    Pair::begin_anew(pair.a);
    check_whole(pair, a);
}

TEST_CASE("a database that was restored from its dump in place is named, though the cluster is the same") {
    Pair pair;
    part(pair);
    const TempDir place;
    dump(pair.a.conninfo(), place / "a.sql");
    pair.a.start();
    pair.b.start();
    pair.a.sql().exec("INSERT INTO item VALUES (30, 'not in the dump')");
    pair.sync();
    pair.a.stop();
    pair.a.sql().exec("DROP SCHEMA replication CASCADE; DROP TABLE item");
    restore(pair.a.conninfo(), place / "a.sql");
    // More than was lost, so that no counter is behind what b has seen.
    for (int i = 0; i < 20; ++i)
        pair.a.sql().exec("UPDATE item SET name = 'restored' WHERE nr = 2");
    pair.a.start();
    CHECK_THAT(wait_error(pair.b, pair.a, "it was made anew in its cluster"), contains("run trompctl init at a"));
    wait_error(pair.a, pair.b, "the database of a is not where its links began");
    pair.check_stopped();
    CHECK(pair.b.sql().value("SELECT name FROM item WHERE nr = 2") == "of both");
    // What b has and a lost comes back.
    Pair::begin_anew(pair.a);
    pair.check_equal();
    CHECK(pair.a.sql().number("SELECT count(*) FROM item WHERE nr = 30") == 1);
    CHECK(pair.a.sql().value("SELECT name FROM item WHERE nr = 2") == "restored");
}

TEST_CASE("a database whose cluster was upgraded with pg_upgrade is named at both ends, and nothing is lost") {
    Pair pair;
    part(pair);
    pair.ones.upgrade();
    write_on(pair.a.sql());
    pair.a.start();
    pair.b.start();
    wait_error(pair.b, pair.a, "it is in another PostgreSQL cluster than before (dumped and restored, or upgraded)");
    wait_error(pair.a, pair.b, "the database of a is not where its links began");
    pair.check_stopped();
    check_untouched(pair.a.sql(), pair.b.sql());
    Pair::begin_anew(pair.a);
    check_whole(pair, pair.a.sql());
    pair.check_equal();
}

TEST_CASE("a node between two others that was moved passes on what it had not passed on yet") {
    auto tree = Tree::chain(3, with_items());
    auto& a = tree[0];
    auto& b = tree[1];
    auto& c = tree[2];
    tree.sync_all();
    c.stop();
    a.sql().exec("INSERT INTO item VALUES (1, 'of a')");
    wait_value(b, "SELECT count(*) FROM item", "1");
    b.stop();
    const TempDir place;
    dump(b.conninfo(), place / "b.sql");
    auto elsewhere = Cluster::unrelated();
    elsewhere.create_database("b");
    restore(elsewhere.conninfo("b"), place / "b.sql");
    set_own_database(b, elsewhere.conninfo("b"));
    a.stop();
    for (auto* const node : {&a, &c}) {
        node->link(b, {.conninfo = elsewhere.conninfo("b")});
        node->start();
    }
    b.start();
    for (auto* const node : {&a, &c}) {
        wait_error(*node, b, "the database of b is not where its links began");
        wait_error(b, *node, "the database of b is not where its links began");
    }
    b.init_ok();
    wait_value(c, "SELECT count(*) FROM item", "1");
    a.sql().exec("INSERT INTO item VALUES (2, 'of a')");
    c.sql().exec("INSERT INTO item VALUES (3, 'of c')");
    for (auto* const node : {&a, &c})
        wait_value(*node, "SELECT count(*) FROM item", "3");
    CHECK(Database(elsewhere.conninfo("b")).number("SELECT count(*) FROM item") == 3);
}

TEST_CASE("a database without a daemon that was moved is named by the neighbour that runs both directions") {
    auto options = with_items();
    options.direction = "both";
    options.start = false;
    auto tree = Tree::chain(2, options);
    auto& a = tree[0];
    auto& b = tree[1];
    tree.init_all();
    b.start();
    a.sql().exec("INSERT INTO item VALUES (1, 'of both')");
    wait_value(b, "SELECT count(*) FROM item", "1");
    REQUIRE(b.sync().exit_code == 0);
    b.stop();
    const TempDir place;
    dump(a.conninfo(), place / "a.sql");
    // A copy beside it in the cluster, which only the number of its database tells from the original.
    tree.cluster().create_database("copy");
    restore(tree.cluster().conninfo("copy"), place / "a.sql");
    Database copy(tree.cluster().conninfo("copy"));
    copy.exec("UPDATE item SET name = 'of the copy' WHERE nr = 1");
    b.link(a, {.direction = "both", .conninfo = tree.cluster().conninfo("copy")});
    b.start();
    CHECK_THAT(wait_error(b, a, "it was made anew in its cluster"), contains("run trompctl init at a"));
    CHECK(b.state(a) == "failed");
    CHECK(copy.exec(std::string(tromp::sql::prune)) == 0);
    CHECK(b.sql().value("SELECT name FROM item WHERE nr = 1") == "of both");
    // The original was not touched by it.
    b.link(a, {.direction = "both"});
    b.restart();
    a.sql().exec("INSERT INTO item VALUES (2, 'of both')");
    wait_value(b, "SELECT count(*) FROM item", "2");
}
