#include "tests/support/catch.hpp"
#include "tests/support/tree.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/ask.hpp"
#include "tests/system/interleaving.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

/// Values of types of which this database accepts less than its neighbours: the rows are held, like those that a
/// constraint refuses.
namespace {

const char* const schema =
    "CREATE TYPE mood AS ENUM ('calm', 'glad');"
    "CREATE DOMAIN code AS varchar(6);"
    "CREATE TABLE person (nr bigint PRIMARY KEY, mood mood NOT NULL DEFAULT 'calm', past mood[], v text, "
    "code code UNIQUE)";

/// a - b - c, where b knows no mood 'cross' and takes only codes of three characters.
Tree with_a_strict_one_in_the_middle() {
    TreeOptions options;
    options.schema = schema;
    options.start = false;
    auto tree = Tree::chain(3, options);
    for (const std::size_t lenient : {std::size_t{0}, std::size_t{2}})
        tree[lenient].sql().exec("ALTER TYPE mood ADD VALUE 'cross'");
    tree[1].sql().exec(
        "ALTER TABLE person DROP COLUMN code; DROP DOMAIN code; CREATE DOMAIN code AS varchar(3);"
        "ALTER TABLE person ADD COLUMN code code UNIQUE");
    tree.init_all();
    tree.start_all();
    tree[0].sql().exec("INSERT INTO person (nr, code, v) SELECT i, 'c' || i, 'old' FROM generate_series(1, 4) i");
    tree.sync_all();
    return tree;
}

std::string row(Node& node, int nr) {
    return node.sql().value("SELECT concat_ws(' ', mood, past, code, v) FROM person WHERE nr = " + std::to_string(nr));
}

}  // namespace

TEST_CASE("a row with a value that its type does not accept here is held and travels on, and everything else flows") {
    auto tree = with_a_strict_one_in_the_middle();
    auto& a = tree[0];
    auto& b = tree[1];
    auto& c = tree[2];
    a.sql().exec(
        "BEGIN; UPDATE person SET mood = 'cross' WHERE nr = 1; UPDATE person SET code = 'longer' WHERE nr = 2;"
        "UPDATE person SET past = '{glad,cross}' WHERE nr = 3; UPDATE person SET past = '{glad,NULL}', v = 'new' WHERE "
        "nr = 4;"
        "INSERT INTO person VALUES (5, 'cross', '{cross}', 'x', 'five'), (6, 'glad', '{}', 'y', NULL); COMMIT");
    tree.sync_all();
    CHECK(held_keys(b) == "[1] [2] [3] [5]");
    CHECK(b.sql().value("SELECT error FROM replication.held WHERE nr = 2") ==
          "value too long for type character varying(3)");
    CHECK_THAT(b.sql().value("SELECT error FROM replication.held WHERE nr = 1"), contains("mood: \"cross\""));
    CHECK(row(b, 1) == "calm c1 old");
    CHECK(row(b, 2) == "calm c2 old");
    CHECK(row(b, 4) == "calm {glad,NULL} c4 new");
    CHECK(row(b, 6) == "glad {} y");
    CHECK(row(c, 5) == row(a, 5));
    CHECK(neighbour_report(b, a).at("last_error").is_null());
    CHECK(small_diff(table_image(a.sql(), "person"), table_image(c.sql(), "person")).empty());

    b.sql().exec("ALTER TYPE mood ADD VALUE 'cross'");
    CHECK(b.ctl({"held", "retry"}).exit_code == 1);
    CHECK(held_keys(b) == "[2] [5]");
    CHECK(row(b, 3) == row(a, 3));
    a.sql().exec("UPDATE person SET code = 'sho' WHERE nr = 5; DELETE FROM person WHERE nr = 2");
    tree.sync_all();
    wait_value(b, "SELECT count(*) FROM replication.held", "0", 10s);
    tree.check_equal({"person"});
    check_logs_drained(tree);
}

TEST_CASE("unique values of a type that only this database knows swap") {
    auto tree = with_a_strict_one_in_the_middle();
    tree[0].sql().exec(
        "BEGIN; UPDATE person SET code = 't' WHERE nr = 1; UPDATE person SET code = 'c1' WHERE nr = 2;"
        "UPDATE person SET code = 'c2' WHERE nr = 1; COMMIT");
    tree.sync_all();
    CHECK(row(tree[1], 1) == "calm c2 old");
    CHECK(row(tree[1], 2) == "calm c1 old");
    tree.check_equal({"person"});
}

TEST_CASE("a loser that its type does not accept here is kept, and can be restored when it does") {
    auto tree = with_a_strict_one_in_the_middle();
    auto& a = tree[0];
    auto& b = tree[1];
    pause(b);
    a.sql().exec("UPDATE person SET mood = 'cross', past = '{cross}', v = 'of a' WHERE nr = 1");
    b.sql().exec("UPDATE person SET v = 'of b' WHERE nr = 1");
    resume(b);
    tree.sync_all();
    tree.check_equal({"person"});
    CHECK(held_keys(b).empty());
    CHECK(row(a, 1) == "calm c1 of b");
    REQUIRE(b.sql().value("SELECT loser_row ->> 'mood' FROM replication.conflicts") == "cross");
    const auto id = b.sql().value("SELECT id FROM replication.conflicts");
    const auto refused = b.ctl({"conflicts", "restore", id});
    CHECK(refused.exit_code == 1);
    CHECK_THAT(refused.err, contains("cross"));
    b.sql().exec("ALTER TYPE mood ADD VALUE 'cross'");
    const auto restored = b.ctl({"conflicts", "restore", id});
    INFO(restored.out << restored.err);
    CHECK(restored.exit_code == 0);
    tree.sync_all();
    tree.check_equal({"person"});
    CHECK(row(a, 1) == "cross {cross} c1 of a");
}

TEST_CASE("a held row that is too long for a column that was made narrower stays held, and is not cut off") {
    TreeOptions options;
    options.schema = "CREATE TABLE person (nr bigint PRIMARY KEY, v varchar(20))";
    auto tree = Tree::chain(2, options);
    tree[1].sql().exec("ALTER TABLE person ADD CONSTRAINT small CHECK (nr < 100)");
    tree[0].sql().exec("INSERT INTO person VALUES (100, 'a long value'), (1, 'one')");
    tree.sync_all();
    REQUIRE(held_keys(tree[1]) == "[100]");
    tree[1].sql().exec("ALTER TABLE person DROP CONSTRAINT small; ALTER TABLE person ALTER v TYPE varchar(3)");
    CHECK_THAT(tree[1].ctl({"held", "retry"}).err, contains("too long"));
    CHECK(held_keys(tree[1]) == "[100]");
    tree[1].sql().exec("ALTER TABLE person ALTER v TYPE varchar(20)");
    CHECK(tree[1].ctl({"held", "retry"}).exit_code == 0);
    tree.sync_all();
    tree.check_equal({"person"});
}

TEST_CASE(
    "a key that its type does not accept here stops that direction alone and touches no other row, until it does") {
    TreeOptions options;
    options.schema = "CREATE DOMAIN code AS varchar(6); CREATE TABLE person (code code PRIMARY KEY, v text)";
    options.start = false;
    auto tree = Tree::chain(2, options);
    auto& a = tree[0];
    auto& b = tree[1];
    b.sql().exec(
        "DROP TABLE person; DROP DOMAIN code; CREATE DOMAIN code AS varchar(3);"
        "CREATE TABLE person (code code PRIMARY KEY, v text)");
    tree.init_all();
    tree.start_all();
    a.sql().exec("INSERT INTO person VALUES ('lon', 'of lon')");
    tree.sync_all();
    a.sql().exec("INSERT INTO person VALUES ('longer', 'of longer')");
    CHECK_THAT(wait_error(b, a, "too long"), contains("does not fit here"));
    CHECK(b.state(a) == "failed");
    CHECK(b.ctl({"sync", "--wait", "--timeout", "1s"}).exit_code == 1);
    b.sql().exec("INSERT INTO person VALUES ('b', 'of b')");
    wait_value(a, "SELECT count(*) FROM person", "3");
    a.sql().exec("DELETE FROM person WHERE code = 'longer'; UPDATE person SET v = 'new' WHERE code = 'lon'");
    CHECK(b.sql().value("SELECT v FROM person WHERE code = 'lon'") == "of lon");
    b.sql().exec(
        "ALTER TABLE person ALTER code TYPE varchar(6); DROP DOMAIN code; CREATE DOMAIN code AS varchar(6);"
        "ALTER TABLE person ALTER code TYPE code");
    tree.sync_all();
    tree.check_equal({"person"});
}
