#include <algorithm>
#include <memory>

#include "tests/support/catch.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/ask.hpp"
#include "tests/system/interleaving.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

/// A TRUNCATE is one event, weaker than any change of a row. It deletes what its node knew of.
namespace {

const char* const items = "CREATE TABLE item (nr int PRIMARY KEY, v text);";

TreeOptions with(const std::string& schema, const std::string& extra = "") {
    TreeOptions options;
    options.schema = schema;
    options.nodes.extra = extra;
    return options;
}

std::string rows(Node& node, const std::string& table = "item") {
    return node.sql().value("SELECT coalesce(string_agg(nr || v, ' ' ORDER BY nr), '') FROM " + table);
}

/// What was logged after the event `id`.
std::string logged_after(Node& node, const std::string& id) {
    return node.sql().value(
        "SELECT coalesce(string_agg(concat_ws(' ', action, key, schema_name, table_name, origin, via, strength), ', ' "
        "ORDER BY "
        "id), '') FROM replication.log WHERE id > " +
        id);
}

std::string last_event(Node& node) {
    return node.sql().value("SELECT last_value FROM replication.event_id");
}

/// Rows 1 to `count` of `item`, everywhere.
void fill(Tree& tree, int count) {
    tree[0].sql().exec("INSERT INTO item SELECT i, 'old' FROM generate_series(1, " + std::to_string(count) + ") i");
    check_settled(tree, {"item"});
}

void check_rows(Tree& tree, const std::string& expected) {
    tree.sync_all();
    tree.check_equal({"item"});
    CHECK(rows(tree[0]) == expected);
    check_logs_drained(tree);
}

}  // namespace

TEST_CASE("a TRUNCATE is one event in every log on its way, and empties the table everywhere") {
    auto tree = Tree::chain(3, with(items));
    fill(tree, 2000);
    pause(tree[1]);
    const auto last = last_event(tree[0]);
    const auto last_of_b = last_event(tree[1]);
    tree[0].sql().exec("TRUNCATE item");
    CHECK(logged_after(tree[0], last) == "T [] public item 1 1 -Infinity");
    tree[2].stop();
    resume(tree[1]);
    wait_value(tree[1], "SELECT count(*) FROM item", "0");
    CHECK(logged_after(tree[1], last_of_b) == "T [] public item 1 1 -Infinity");
    tree[2].start();
    check_settled(tree, {"item"});
    CHECK(rows(tree[2]) == "");
    tree[1].sql().exec("INSERT INTO item VALUES (1, 'new')");
    check_settled(tree, {"item"});
    CHECK(rows(tree[2]) == "1new");
}

TEST_CASE("rows that were written elsewhere meanwhile survive a TRUNCATE, whatever the resolver") {
    const std::string rule = GENERATE(std::string(), std::string("conflicts: {delete: last_update_wins}\n"),
                                      std::string("conflicts:\n  tables:\n    public.item: {default: node_priority, "
                                                  "priority: [1, 2]}\n"),
                                      std::string("conflicts:\n  tables:\n    public.item: {default: strongest, "
                                                  "strength: \"-nr\", delete: delete_wins}\n"));
    CAPTURE(rule);
    auto tree = Tree::chain(3, with(items, rule));
    fill(tree, 6);
    for (std::size_t node = 0; node < tree.size(); ++node)
        pause(tree[node]);
    tree[2].sql().exec(
        "UPDATE item SET v = 'changed' WHERE nr = 1; DELETE FROM item WHERE nr = 2; INSERT INTO item VALUES (7, 'new');"
        "UPDATE item SET nr = 8, v = 'moved' WHERE nr = 3");
    tree[0].sql().exec("TRUNCATE item");
    tree[2].sql().exec("DELETE FROM item WHERE nr = 4; INSERT INTO item VALUES (4, 'again')");
    for (std::size_t node = 0; node < tree.size(); ++node)
        resume(tree[node]);
    check_rows(tree, "1changed 4again 7new 8moved");
    // That row 1 was deleted is what was lost. A key that comes by a change of another one is not known to be new.
    std::size_t lost = 0;
    for (const auto& node : tree.nodes()) {
        const auto found = losers(*node, "item");
        for (const auto& loser : found) {
            CAPTURE(node->name(), loser);
            CHECK((loser.ends_with("[1] -") || loser.ends_with("[8] -")));
            CHECK((loser.starts_with("update_deleted") || loser.starts_with("delete_origin_differs")));
            if (loser.ends_with("[1] -")) ++lost;
        }
        CHECK(std::adjacent_find(found.begin(), found.end()) == found.end());
    }
    CHECK(lost > 0);
}

TEST_CASE("what is written before and after a TRUNCATE by the same transaction, and after it by others") {
    auto tree = Tree::chain(3, with(items));
    fill(tree, 10);
    auto& b = tree[1].sql();
    b.exec(
        "BEGIN; UPDATE item SET v = 'before' WHERE nr < 3; INSERT INTO item VALUES (11, 'before'); TRUNCATE item;"
        "INSERT INTO item VALUES (1, 'after'), (12, 'after'); COMMIT; UPDATE item SET v = 'later' WHERE nr = 12");
    check_settled(tree, {"item"});
    CHECK(rows(tree[2]) == "1after 12later");
    b.exec(
        "BEGIN; TRUNCATE item; INSERT INTO item VALUES (2, 'x'); TRUNCATE item; ROLLBACK; DELETE FROM item WHERE nr = "
        "1");
    b.exec(
        "BEGIN; TRUNCATE item; INSERT INTO item VALUES (3, 'x'); TRUNCATE item; INSERT INTO item VALUES (4, 'x'); "
        "COMMIT");
    check_settled(tree, {"item"});
    CHECK(rows(tree[0]) == "4x");
}

TEST_CASE("two nodes TRUNCATE at once, and go on writing") {
    auto tree = Tree::chain(3, with(items));
    fill(tree, 10);
    for (const std::size_t other : {std::size_t{1}, std::size_t{2}}) {
        for (std::size_t node = 0; node < tree.size(); ++node)
            pause(tree[node]);
        tree[0].sql().exec("TRUNCATE item; INSERT INTO item VALUES (1, 'a'), (20, 'a')");
        tree[other].sql().exec(
            "UPDATE item SET v = 'gone' WHERE nr = 2; TRUNCATE item; INSERT INTO item VALUES (1, 'b'), (30, 'b')");
        for (std::size_t node = 0; node < tree.size(); ++node)
            resume(tree[node]);
        check_rows(tree, "1b 20a 30b");
    }
}

TEST_CASE("TRUNCATE of several tables, and CASCADE, with keys of every kind") {
    auto tree = Tree::chain(
        3, with("CREATE TABLE item (nr uuid PRIMARY KEY DEFAULT gen_random_uuid(), v text);"
                "CREATE TABLE parent (day date, place text, v text, PRIMARY KEY (place, day));"
                "CREATE TABLE child (nr int PRIMARY KEY, day date, place text, FOREIGN KEY (place, day) REFERENCES "
                "parent (place, day));"
                "CREATE TABLE zero (nr int PRIMARY KEY); CREATE TABLE kept (nr int PRIMARY KEY)"));
    const std::vector<std::string> tables = {"item", "parent", "child", "zero", "kept"};
    tree[1].sql().exec(
        "INSERT INTO item (v) SELECT 'v' FROM generate_series(1, 50);"
        "INSERT INTO parent SELECT date '2020-01-01' + i, 'ab''\"' || i, 'v' FROM generate_series(1, 50) i;"
        "INSERT INTO child SELECT i, date '2020-01-01' + i, 'ab''\"' || i FROM generate_series(1, 50) i;"
        "INSERT INTO zero SELECT generate_series(-3, 3); INSERT INTO kept SELECT generate_series(-3, 3)");
    check_settled(tree, tables);
    pause(tree[0]);
    tree[1].sql().exec(
        "UPDATE zero SET nr = 10 WHERE nr = 1; UPDATE item SET v = 'kept' WHERE nr = (SELECT min(nr::text)::uuid FROM "
        "item)");
    tree[0].sql().exec("TRUNCATE item, zero; TRUNCATE parent CASCADE; INSERT INTO zero VALUES (0)");
    resume(tree[0]);
    tree.sync_all();
    tree.check_equal(tables);
    CHECK(tree[2].sql().value("SELECT string_agg(nr::text, ' ' ORDER BY nr) FROM zero") == "0 10");
    CHECK(tree[2].sql().value("SELECT string_agg(v, ' ') FROM item") == "kept");
    CHECK(tree[2].sql().value("SELECT concat((SELECT count(*) FROM parent), (SELECT count(*) FROM child), (SELECT "
                              "count(*) FROM kept))") == "007");
}

TEST_CASE("RESTART IDENTITY goes on above the highest key used, in the node's share") {
    auto tree = Tree::chain(2, with("CREATE TABLE item (nr serial PRIMARY KEY, v text);"
                                    "CREATE TABLE ident (nr bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v text);"
                                    "CREATE SEQUENCE downwards INCREMENT -1;"
                                    "CREATE TABLE down (nr int PRIMARY KEY DEFAULT nextval('downwards'), v text);"
                                    "ALTER SEQUENCE downwards OWNED BY down.nr"));
    auto& b = tree[1].sql();
    b.exec("INSERT INTO item (v) SELECT 'v' FROM generate_series(1, 4); INSERT INTO ident (v) VALUES ('v')");
    b.exec("DELETE FROM item WHERE nr > 2");
    b.exec(
        "TRUNCATE item, ident RESTART IDENTITY; INSERT INTO item (v) VALUES ('v'); INSERT INTO ident (v) VALUES ('v')");
    CHECK(b.number("SELECT nr FROM item") == 42);
    CHECK(b.number("SELECT nr FROM ident") == 12);
    b.exec(
        "INSERT INTO down (v) VALUES ('v'), ('v'); TRUNCATE down RESTART IDENTITY; INSERT INTO down (v) VALUES ('v')");
    CHECK(b.number("SELECT nr FROM down") == -28);
    b.exec(
        "INSERT INTO item VALUES (100, 'of mine'); TRUNCATE item RESTART IDENTITY; TRUNCATE item RESTART IDENTITY; "
        "INSERT INTO item (v) VALUES ('v')");
    CHECK(b.number("SELECT nr FROM item") == 102);
    b.exec("TRUNCATE item; INSERT INTO item (v) VALUES ('v')");
    b.exec("BEGIN; TRUNCATE item RESTART IDENTITY; ROLLBACK");
    b.exec("INSERT INTO item (v) VALUES ('w')");
    CHECK(rows(tree[1]) == "112v 122w");
    check_settled(tree, {"item", "ident", "down"});
    CHECK(tree[1].ctl({"init"}).exit_code == 0);
    b.exec("INSERT INTO item (v) VALUES ('x')");
    CHECK(b.number("SELECT max(nr) FROM item") == 132);
}

TEST_CASE("a TRUNCATE in the middle of a backlog that comes in small chunks") {
    auto tree = Tree::chain(3, with(items, "batch: {max_rows: 3}\n"));
    fill(tree, 12);
    pause(tree[1]);
    auto& a = tree[0].sql();
    for (int nr = 1; nr <= 6; ++nr)
        a.exec("UPDATE item SET v = 'before' WHERE nr = " + std::to_string(nr));
    a.exec("DELETE FROM item WHERE nr = 12; TRUNCATE item");
    for (int nr = 1; nr <= 9; ++nr)
        a.exec("INSERT INTO item VALUES (" + std::to_string(nr) + ", 'after')");
    a.exec(
        "DELETE FROM item WHERE nr > 3; UPDATE item SET v = 'last' WHERE nr = 1; INSERT INTO item VALUES (20, 'end')");
    tree[2].sql().exec("UPDATE item SET v = 'of c' WHERE nr = 11");
    resume(tree[1]);
    check_rows(tree, "1last 2after 3after 11of c 20end");
}

TEST_CASE("a TRUNCATE by a transaction that is older than what was taken ahead of it deletes that as well") {
    auto tree = Tree::chain(3, with(items, "batch: {max_rows: 1}\n"));
    fill(tree, 3);
    auto& b = tree[1];
    pause(b);
    auto& a = tree[0].sql();
    a.exec("INSERT INTO item VALUES (4, 'first')");
    Database old(tree[0].conninfo());
    old.exec("BEGIN; SELECT pg_current_xact_id()");
    a.exec("UPDATE item SET v = 'second' WHERE nr = 4");
    b.faults().arm("apply.committed.1", Faults::Action::pause);
    resume(b);
    b.faults().wait_reached("apply.committed.1");
    CHECK(b.sql().value("SELECT v FROM item WHERE nr = 4") == "second");
    old.exec("TRUNCATE item; COMMIT");
    b.faults().clear();
    check_settled(tree, {"item"});
    CHECK(rows(b) == "");
}

TEST_CASE("a daemon that dies at any step of a batch with a TRUNCATE takes it once") {
    auto tree = Tree::chain(3, with(items));
    for (const auto& point : batch_points()) {
        CAPTURE(point);
        tree[1].sql().exec(
            "INSERT INTO item SELECT i, 'old' FROM generate_series(1, 5) i ON CONFLICT (nr) DO UPDATE SET v = 'old'");
        tree.sync_all();
        pause(tree[1]);
        tree[0].sql().exec("TRUNCATE item; INSERT INTO item VALUES (1, 'a')");
        tree[1].sql().exec("UPDATE item SET v = 'b' WHERE nr = 2");
        tree[1].faults().arm(point + ".1", Faults::Action::kill);
        resume(tree[1]);
        REQUIRE(tree[1].wait_exit(30s));
        tree[1].faults().clear();
        tree[1].start();
        check_rows(tree, "1a 2b");
    }
}

TEST_CASE("who writes while a TRUNCATE is applied loses nothing, at whatever step that is") {
    auto tree = Tree::chain(3, with(items));
    auto& b = tree[1];
    for (const auto& point : points_between("stage.events", "apply.before_commit")) {
        CAPTURE(point);
        start_over(tree, 9);
        hold_pull(b, tree[0]);
        tree[0].sql().exec("TRUNCATE item");
        advance_to(b, "pull.begun", point + ".1");
        std::vector<std::unique_ptr<Database>> users;
        const std::vector<std::string> statements = {
            "UPDATE item SET v = 'user' WHERE nr = 1", "DELETE FROM item WHERE nr = 2",
            "INSERT INTO item VALUES (10, 'user')",
            "INSERT INTO item VALUES (3, 'user') ON CONFLICT (nr) DO UPDATE SET v = 'user'",
            "UPDATE item SET nr = 11, v = 'user' WHERE nr = 4"};
        for (const auto& statement : statements) {
            users.push_back(std::make_unique<Database>(b.conninfo()));
            users.back()->async_exec(statement);
            wait_until(10s, "the user is done, or waits",
                       [&] { return !users.back()->is_busy() || is_blocked(b.sql(), *users.back()); });
        }
        b.faults().clear();
        std::vector<long long> touched;
        for (const auto& user : users)
            touched.push_back(user->finish());
        std::string expected;
        if (touched[0] > 0) expected += "1user ";
        expected += "3user 10user";
        if (touched[4] > 0) expected += " 11user";
        check_rows(tree, expected);
    }
}

TEST_CASE("held rows go with a TRUNCATE that is made here, and with one that comes") {
    auto tree = Tree::chain(3, with(items));
    auto& b = tree[1];
    fill(tree, 3);
    b.sql().exec("ALTER TABLE item ADD CONSTRAINT not_held CHECK (v <> 'held')");
    tree[0].sql().exec("UPDATE item SET v = 'held' WHERE nr = 1; INSERT INTO item VALUES (4, 'held')");
    tree.sync_all();
    CHECK(held_keys(b) == "[1] [4]");
    const bool here = GENERATE(true, false);
    CAPTURE(here);
    tree[here ? 1 : 2].sql().exec("TRUNCATE item");
    tree.sync_all();
    tree.check_equal({"item"});
    wait_value(b, "SELECT count(*) FROM replication.held", "0", 10s);
    wait_log_short(b);
    b.sql().exec("ALTER TABLE item DROP CONSTRAINT not_held");
    check_rows(tree, "");
}

TEST_CASE("a row that is held here survives a TRUNCATE of one who did not know of it") {
    auto tree = Tree::chain(3, with(items));
    auto& b = tree[1];
    fill(tree, 3);
    b.sql().exec("ALTER TABLE item ADD CONSTRAINT not_held CHECK (v <> 'held')");
    pause(tree[2]);
    tree[0].sql().exec("UPDATE item SET v = 'held' WHERE nr = 1; INSERT INTO item VALUES (4, 'held')");
    REQUIRE(tree[0].sync().exit_code == 0);
    CHECK(held_keys(b) == "[1] [4]");
    tree[2].sql().exec("TRUNCATE item");
    resume(tree[2]);
    tree.sync_all();
    CHECK(held_keys(b) == "[1] [4]");
    CHECK(rows(tree[0]) == "1held 4held");
    CHECK(rows(tree[2]) == "1held 4held");
    b.sql().exec("ALTER TABLE item DROP CONSTRAINT not_held");
    CHECK(b.ctl({"held", "retry"}).exit_code == 0);
    check_rows(tree, "1held 4held");
}

TEST_CASE("a leaf keeps once that a row survived its TRUNCATE") {
    auto tree = Tree::chain(2, with(items));
    fill(tree, 3);
    hold_pull(tree[0], tree[1]);
    tree[1].sql().exec("TRUNCATE item");
    tree[0].sql().exec("UPDATE item SET v = 'one' WHERE nr = 1");
    wait_value(tree[1], "SELECT count(*) FROM item", "1");
    tree[0].sql().exec("UPDATE item SET v = 'two' WHERE nr = 1");
    wait_value(tree[1], "SELECT v FROM item", "two");
    CHECK(losers(tree[1], "item") == std::vector<std::string>{"update_deleted [1] -"});
    release_pulls(tree[0]);
    check_rows(tree, "1two");
    CHECK(losers(tree[1], "item").size() == 1);
}

TEST_CASE("however often a table is emptied while a neighbour is away, its log holds the last TRUNCATE of each way") {
    auto tree = Tree::chain(3, with(items));
    fill(tree, 5);
    tree[2].stop();
    tree[1].sql().exec(
        "DO $$ BEGIN FOR i IN 1..12000 LOOP INSERT INTO item VALUES (i, 'x') ON CONFLICT DO NOTHING; IF i % 500 = 0 "
        "THEN "
        "TRUNCATE item; END IF; END LOOP; END $$");
    tree[0].sql().exec("TRUNCATE item");
    wait_value(tree[1], "SELECT count(*) FROM replication.log WHERE action = 'T' AND via = 2", "1", 60s);
    tree[2].start();
    check_rows(tree, "");
}
