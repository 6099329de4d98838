#include "tests/support/catch.hpp"
#include "tests/support/tree.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/ask.hpp"
#include "tests/system/interleaving.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

namespace {

TreeOptions with_items() {
    TreeOptions options;
    options.schema = "CREATE TABLE item (nr bigint PRIMARY KEY, v text)";
    options.nodes.ddl = "{capture: true}";
    return options;
}

}  // namespace

TEST_CASE("columns that are added, renamed, retyped and dropped at any node are so at all, with their values") {
    auto tree = Tree::chain(3, with_items());
    auto& a = tree[0];
    auto& b = tree[1];
    auto& c = tree[2];
    a.sql().exec("INSERT INTO item SELECT i, 'old' FROM generate_series(1, 5) i");
    tree.sync_all();
    a.sql().exec("ALTER TABLE item ADD colour text");
    a.sql().exec("UPDATE item SET colour = 'red' WHERE nr = 1");
    b.sql().exec("INSERT INTO item (nr, v) VALUES (10, 'b')");
    tree.sync_all();
    CHECK(c.sql().value("SELECT colour FROM item WHERE nr = 1") == "red");
    c.sql().exec("ALTER TABLE item RENAME colour TO hue");
    c.sql().exec("UPDATE item SET hue = 'blue' WHERE nr = 2");
    tree.sync_all();
    CHECK(a.sql().value("SELECT hue FROM item WHERE nr = 2") == "blue");
    b.sql().exec("ALTER TABLE item ALTER v TYPE varchar(100)");
    b.sql().exec("ALTER TABLE item DROP hue");
    a.sql().exec("INSERT INTO item (nr, v) VALUES (11, 'a')");
    tree.sync_all();
    tree.check_equal({"item"});
    check_statements_run(tree);
    check_logs_drained(tree);
    for (const auto& node : tree.nodes()) {
        CHECK(node->sql().value(
                  "SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum)"
                  " FROM pg_attribute WHERE attrelid = 'item'::regclass AND attnum > 0 AND NOT attisdropped") ==
              "nr bigint, v character varying(100)");
        CHECK(node->sql().number("SELECT count(*) FROM replication.statements") == 4);
    }
}

TEST_CASE("a node that was away runs the statements in their order, whatever became of the tables since") {
    auto tree = Tree::chain(2, with_items());
    auto& a = tree[0];
    auto& b = tree[1];
    a.sql().exec("INSERT INTO item SELECT i, 'old' FROM generate_series(1, 9) i");
    tree.sync_all();
    b.stop();
    a.sql().exec("ALTER TABLE item ADD total int DEFAULT 1");
    a.sql().exec("UPDATE item SET total = nr * 10");
    a.sql().exec("ALTER TABLE item ALTER total SET NOT NULL");
    a.sql().exec("ALTER TABLE item ADD CONSTRAINT item_total_check CHECK (total > 0)");
    a.sql().exec("CREATE UNIQUE INDEX item_total ON item (total)");
    a.sql().exec("ALTER TABLE item RENAME v TO name");
    a.sql().exec("DELETE FROM item WHERE nr = 3");
    a.sql().exec("INSERT INTO item VALUES (20, 'new', 200)");
    b.sql().exec("UPDATE item SET v = 'changed away' WHERE nr = 5");
    b.start();
    tree.sync_all();
    wait_value(b, "SELECT count(*) FROM replication.statements WHERE state <> 'done'", "0");
    tree.sync_all();
    tree.check_equal({"item"});
    check_statements_run(tree);
    CHECK(b.sql().value(
              "SELECT attnotnull FROM pg_attribute WHERE attrelid = 'item'::regclass AND attname = 'total'") == "t");
    CHECK(b.sql().number("SELECT count(*) FROM pg_indexes WHERE indexname = 'item_total'") == 1);
    CHECK(a.sql().value("SELECT name FROM item WHERE nr = 5") == "changed away");
}

TEST_CASE("a daemon that dies while it runs a statement has run it once") {
    auto tree = Tree::chain(2, with_items());
    auto& a = tree[0];
    auto& b = tree[1];
    const std::string point = GENERATE("ddl.run.1", "ddl.before_commit.1", "ddl.committed.1");
    INFO(point);
    b.faults().arm(point, Faults::Action::kill);
    a.sql().exec("ALTER TABLE item ADD times int NOT NULL DEFAULT 1");
    a.sql().exec("INSERT INTO item VALUES (1, 'x', 2)");
    REQUIRE(b.wait_exit(20s));
    b.faults().clear();
    b.start();
    tree.sync_all();
    tree.check_equal({"item"});
    check_statements_run(tree);
}

TEST_CASE("the same statement at two nodes is no error; contradicting ones hold the table and show both") {
    auto tree = Tree::chain(2, with_items());
    auto& a = tree[0];
    auto& b = tree[1];
    a.sql().exec("CREATE TABLE other (nr bigint PRIMARY KEY)");
    tree.sync_all();
    hold_pulls(a);
    hold_pulls(b);
    SECTION("the same") {
        a.sql().exec("ALTER TABLE item ADD colour text");
        b.sql().exec("alter  table item ADD colour /* here too */ text");
        a.sql().exec("INSERT INTO item VALUES (1, 'a', 'red')");
        b.sql().exec("INSERT INTO item VALUES (2, 'b', 'blue')");
        release_pulls(a);
        release_pulls(b);
        tree.sync_all();
        tree.check_equal({"item"});
        check_statements_run(tree);
    }
    SECTION("contradicting") {
        a.sql().exec("ALTER TABLE item ADD colour text");
        b.sql().exec("ALTER TABLE item ADD colour int");
        a.sql().exec("INSERT INTO item VALUES (1, 'a', 'red'); INSERT INTO other VALUES (1)");
        b.sql().exec("INSERT INTO item VALUES (2, 'b', 5); INSERT INTO other VALUES (2)");
        release_pulls(a);
        release_pulls(b);
        const auto error = wait_error(b, a, "it waits for a statement");
        CHECK_THAT(error, contains("ALTER TABLE item ADD colour text") && contains("ALTER TABLE item ADD colour int"));
        wait_error(a, b, "it waits for a statement");
        wait_value(b, "SELECT count(*) FROM other", "2");
        wait_value(a, "SELECT count(*) FROM other", "2");
        CHECK(a.sql().number("SELECT count(*) FROM item") == 1);
        // A person decides: b gives in.
        for (auto* const node : {&a, &b}) {
            const auto held = node->json({"held"});
            REQUIRE(held.as_array().size() == 1);
            CHECK(held.as_array()[0].at("key").is_null());
        }
        CHECK(b.ctl({"held", "retry"}).exit_code == 1);
        b.sql().exec(
            "SET session_replication_role = replica; ALTER TABLE item DROP colour, ADD colour text; RESET "
            "session_replication_role");
        for (auto* const node : {&a, &b}) {
            const auto id = std::to_string(node->json({"held"}).as_array()[0].at("id").as_int64());
            const auto discarded = node->ctl({"held", "discard", id});
            INFO(discarded.err);
            CHECK(discarded.exit_code == 0);
        }
        tree.sync_all();
        tree.check_equal({"item", "other"});
        CHECK(a.sql().number("SELECT count(*) FROM item") == 2);
    }
}

TEST_CASE("a statement runs elsewhere with the search path and the role of who gave it") {
    auto tree = Tree::chain(2, with_items());
    auto& a = tree[0];
    auto& b = tree[1];
    const auto owner = "owner_" + a.name() + b.name();
    a.sql().exec("CREATE ROLE " + owner);
    for (auto* const node : {&a, &b})
        node->sql().exec("GRANT ALL ON SCHEMA public TO " + owner + "; ALTER TABLE item OWNER TO " + owner);
    a.sql().exec("SET ROLE " + owner +
                 "; SET search_path = public, pg_catalog; SELECT replication.ddl('CREATE VIEW names AS SELECT nr FROM "
                 "item'); RESET ROLE; RESET search_path");
    tree.sync_all();
    CHECK(b.sql().value("SELECT relowner::regrole::text || ' ' || relnamespace::regnamespace FROM pg_class WHERE "
                        "relname = 'names'") == owner + " public");
    check_statements_run(tree);
}

TEST_CASE("where ddl: {apply: false} is set, statements are told on, but not run") {
    auto options = with_items();
    auto tree = Tree::chain(3, options);
    auto& a = tree[0];
    auto& b = tree[1];
    auto& c = tree[2];
    b.options().extra = "ddl: {apply: false}\n";
    b.write_config();
    b.restart();
    a.sql().exec("ALTER TABLE item ADD colour text");
    a.sql().exec("INSERT INTO item VALUES (1, 'x', 'red')");
    wait_error(b, a, "column colour is missing here");
    wait_value(c, "SELECT count(*) FROM pg_attribute WHERE attrelid = 'item'::regclass AND attname = 'colour'", "1");
    b.sql().exec(
        "SET session_replication_role = replica; ALTER TABLE item ADD colour text; RESET session_replication_role");
    tree.sync_all();
    tree.check_equal({"item"});
    CHECK(c.sql().value("SELECT colour FROM item") == "red");
}

TEST_CASE("an index is built concurrently at each node, also where a daemon died behind it") {
    auto tree = Tree::chain(2, with_items());
    auto& a = tree[0];
    auto& b = tree[1];
    a.sql().exec("INSERT INTO item SELECT i, 'v' || i FROM generate_series(1, 100) i");
    tree.sync_all();
    const std::string point = GENERATE("", "ddl.begun.1", "ddl.run.1");
    INFO(point);
    if (!point.empty()) b.faults().arm(point, Faults::Action::kill);
    const auto given = a.ctl({"ddl", "CREATE INDEX CONCURRENTLY item_v ON item (v)"});
    INFO(given.err);
    REQUIRE(given.exit_code == 0);
    if (!point.empty()) {
        REQUIRE(b.wait_exit(20s));
        b.faults().clear();
        b.start();
    }
    tree.sync_all();
    wait_value(b, "SELECT count(*) FROM pg_index WHERE indexrelid = to_regclass('item_v') AND indisvalid", "1");
    wait_value(b, "SELECT count(*) FROM replication.statements WHERE state <> 'done'", "0");
    check_statements_run(tree);
}

TEST_CASE("a statement that was given with strings that have backslashes is not run elsewhere") {
    auto tree = Tree::chain(2, with_items());
    auto& a = tree[0];
    auto& b = tree[1];
    tree.sync_all();
    a.sql().exec("SET standard_conforming_strings = off");
    a.sql().exec("ALTER TABLE item ALTER v SET DEFAULT 'a\\''");
    a.sql().exec("RESET standard_conforming_strings");
    wait_error(b, a, "standard_conforming_strings off");
}
