#include "tests/support/catch.hpp"
#include "tests/support/tree.hpp"
#include "tests/system/ask.hpp"
#include "tests/system/interleaving.hpp"

using namespace tromp::test;

/// A partitioned table is replicated as one, whatever its partitions, and whichever of them a statement names.
namespace {

const char* const by_list =
    "CREATE TABLE item (nr int, place text, v text, PRIMARY KEY (nr, place)) PARTITION BY LIST (place);"
    "CREATE TABLE home PARTITION OF item FOR VALUES IN ('home');"
    "CREATE TABLE away (v text, place text NOT NULL, nr int NOT NULL);"  // its columns in another order
    "ALTER TABLE item ATTACH PARTITION away FOR VALUES IN ('away', 'far');"
    "CREATE TABLE rest PARTITION OF item DEFAULT;";
const char* const by_range =
    "CREATE TABLE entry (nr int PRIMARY KEY, v text) PARTITION BY RANGE (nr);"
    "CREATE TABLE low PARTITION OF entry FOR VALUES FROM (MINVALUE) TO (100);"
    "CREATE TABLE high PARTITION OF entry FOR VALUES FROM (100) TO (MAXVALUE) PARTITION BY HASH (nr);"
    "CREATE TABLE high_0 PARTITION OF high FOR VALUES WITH (MODULUS 2, REMAINDER 0);"
    "CREATE TABLE high_1 PARTITION OF high FOR VALUES WITH (MODULUS 2, REMAINDER 1);";

/// a and b have them partitioned, c as ordinary tables.
Tree partitioned() {
    TreeOptions options;
    options.start = false;
    auto tree = Tree::chain(3, options);
    for (const std::size_t index : {std::size_t{0}, std::size_t{1}})
        tree[index].sql().exec(std::string(by_list) + by_range);
    tree[2].sql().exec(
        "CREATE TABLE item (nr int, place text, v text, PRIMARY KEY (nr, place));"
        "CREATE TABLE entry (nr int PRIMARY KEY, v text)");
    tree.init_all();
    tree.start_all();
    return tree;
}

void finish(Tree& tree) {
    check_settled(tree, {"item", "entry"});
}

}  // namespace

TEST_CASE(
    "rows of partitioned tables come and go through the table and through its partitions, and move between them") {
    auto tree = partitioned();
    auto& a = tree[0].sql();
    a.exec(
        "INSERT INTO item SELECT i, (ARRAY['home', 'away', 'far', 'moon'])[i % 4 + 1], 'v' FROM generate_series(1, 40) "
        "i;"
        "INSERT INTO entry SELECT i * 7, 'e' || i FROM generate_series(1, 40) i;"
        "INSERT INTO home VALUES (100, 'home', 'direct'); INSERT INTO away (nr, place, v) VALUES (101, 'far', "
        "'direct');"
        "INSERT INTO high_0 SELECT nr, 'direct' FROM generate_series(1000, 1100) nr WHERE "
        "satisfies_hash_partition('high'::regclass, 2, 0, nr)");
    finish(tree);
    CHECK(tree[2].sql().value("SELECT v FROM item WHERE nr = 101") == "direct");
    CHECK(tree[2].sql().number("SELECT count(*) FROM entry WHERE nr >= 1000") > 10);
    tree[1].sql().exec(
        "UPDATE item SET place = 'away' WHERE place = 'home' AND nr < 20; UPDATE item SET place = 'home', v = 'back' "
        "WHERE nr = 101;"
        "UPDATE entry SET nr = nr + 95 WHERE nr BETWEEN 1 AND 60; UPDATE high SET v = 'through high' WHERE nr % 3 = 0;"
        "UPDATE away SET v = 'through away'; DELETE FROM rest WHERE nr < 20; DELETE FROM item WHERE nr = 100");
    finish(tree);
    tree[2].sql().exec(
        "UPDATE item SET place = 'moon' WHERE nr > 30; INSERT INTO entry VALUES (-5, 'low'), (5000, 'high'); DELETE "
        "FROM entry WHERE nr = 7 * 8");
    finish(tree);
    CHECK(tree[0].sql().value("SELECT v FROM low WHERE nr = -5") == "low");
}

TEST_CASE("TRUNCATE of a partition empties that, and of the table all of them") {
    auto tree = partitioned();
    tree[0].sql().exec(
        "INSERT INTO item SELECT i, CASE WHEN i % 2 = 0 THEN 'home' ELSE 'moon' END, 'v' FROM generate_series(1, 20) i;"
        "INSERT INTO entry SELECT i * 20, 'e' FROM generate_series(1, 20) i");
    finish(tree);
    tree[1].sql().exec("TRUNCATE home; TRUNCATE high");
    finish(tree);
    CHECK(tree[2].sql().number("SELECT count(*) FROM item") == 10);
    CHECK(tree[2].sql().number("SELECT count(*) FROM entry") == 4);
    for (const std::string level : {"REPEATABLE READ", "SERIALIZABLE"}) {
        CHECK_THROWS_WITH(
            tree[0].sql().exec("BEGIN ISOLATION LEVEL " + level + "; TRUNCATE rest; COMMIT"),
            contains("the rows of table public.rest are to be sent, but this transaction may not see all"));
        tree[0].sql().exec("ROLLBACK");
    }
    tree[0].sql().exec("BEGIN; TRUNCATE item, entry; INSERT INTO item VALUES (1, 'home', 'after'); COMMIT");
    finish(tree);
    CHECK(tree[2].sql().number("SELECT count(*) FROM item") == 1);
}

TEST_CASE("conflicts and held rows in a partitioned table are those of any table") {
    auto tree = partitioned();
    auto& a = tree[0];
    auto& b = tree[1];
    a.sql().exec("INSERT INTO entry SELECT i * 30, 'e' FROM generate_series(1, 8) i");
    finish(tree);
    pause(b);
    a.sql().exec("UPDATE entry SET v = 'of a' WHERE nr IN (30, 210); INSERT INTO item VALUES (1, 'nowhere', 'held')");
    b.sql().exec("UPDATE entry SET v = 'of b' WHERE nr IN (30, 210); DROP TABLE rest");
    resume(b);
    tree.sync_all();
    tree.check_equal({"entry"});
    CHECK(a.sql().value("SELECT v FROM entry WHERE nr = 210") == "of b");
    CHECK(losers(b, "entry").size() == 2);
    CHECK(b.sql()
              .value("SELECT error FROM replication.held WHERE key ->> 1 = 'nowhere'")
              .find("no partition of relation") != std::string::npos);
    b.sql().exec("CREATE TABLE rest PARTITION OF item DEFAULT");
    CHECK(b.ctl({"held", "retry"}).exit_code == 0);
    tree.sync_all();
    tree.check_equal({"item"});
}

TEST_CASE("partitions are captured with their table, and a new one by init; uninit leaves no trigger") {
    auto tree = partitioned();
    auto& b = tree[1];
    const auto named = b.ctl({"tables", "add", "public.home"});
    CHECK(named.exit_code != 0);
    CHECK_THAT(named.err, contains("it is a partition of public.item, and replicated with that"));
    b.sql().exec("CREATE TABLE moon PARTITION OF item FOR VALUES IN ('moon')");
    b.sql().exec("INSERT INTO item VALUES (1, 'moon', 'through the table')");
    b.init_ok();
    b.sql().exec("INSERT INTO moon VALUES (2, 'moon', 'direct')");
    finish(tree);
    CHECK(tree[0].sql().number("SELECT count(*) FROM item WHERE place = 'moon'") == 2);
    b.stop();
    CHECK(b.ctl({"uninit"}).exit_code == 0);
    CHECK(b.sql().number("SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'trompd%'") == 0);
    b.sql().exec("INSERT INTO moon VALUES (3, 'moon', 'later')");
}
