#include "tests/support/catch.hpp"
#include "tests/support/tree.hpp"
#include "tests/system/ask.hpp"
#include "tests/system/interleaving.hpp"

using namespace tromp::test;

/// Columns that only one end has: what both have is replicated, and what one has is left in peace.
namespace {

TreeOptions with_items(bool start) {
    TreeOptions options;
    options.schema = "CREATE TABLE item (nr int PRIMARY KEY, name text, code int UNIQUE)";
    options.start = start;
    return options;
}

std::string shared(Node& node) {
    return table_image(node.sql(), "item", "(nr, name, code)");
}

void check_shared(Tree& tree) {
    tree.sync_all();
    for (const auto& node : tree.nodes()) {
        CHECK(small_diff(shared(tree[0]), shared(*node)).empty());
        CHECK(node->sql().number("SELECT count(*) FROM replication.held") == 0);
    }
}

}  // namespace

TEST_CASE("columns that only one end has keep their values there, and rows without them get their defaults") {
    auto tree = Tree::chain(2, with_items(false));
    auto& a = tree[0];
    auto& b = tree[1];
    a.sql().exec(
        "CREATE TYPE \"Mood\" AS ENUM ('calm', 'odd'); CREATE DOMAIN small AS int DEFAULT 5 NOT NULL;"
        "ALTER TABLE item ADD note text NOT NULL DEFAULT 'none', ADD \"At\" timestamptz DEFAULT clock_timestamp(),"
        " ADD mood \"Mood\", ADD small small, ADD one int UNIQUE");
    b.sql().exec("ALTER TABLE item ADD colour text");
    tree.init_all();
    tree.start_all();
    a.sql().exec(
        "INSERT INTO item (nr, name, code, note, mood, one) SELECT i, 'a', i, 'n' || i, 'odd', i FROM "
        "generate_series(1, 9) i");
    b.sql().exec("INSERT INTO item SELECT i, 'b', i, 'red' FROM generate_series(11, 19) i");
    check_shared(tree);
    const std::string extras =
        "SELECT string_agg(concat_ws(' ', nr, note, mood, small, one), ', ' ORDER BY nr) FROM item WHERE nr IN (1, 2, "
        "3, 11)";
    CHECK(a.sql().value(extras) == "1 n1 odd 5 1, 2 n2 odd 5 2, 3 n3 odd 5 3, 11 none 5");
    CHECK(a.sql().number("SELECT count(*) FROM item WHERE \"At\" IS NULL") == 0);
    CHECK(b.sql().number("SELECT count(colour) FROM item") == 9);

    // Unique values that rotate make rows go and come back.
    b.sql().exec(
        "BEGIN; UPDATE item SET code = -code WHERE nr < 4; UPDATE item SET code = nr % 3 + 1, name = 'turned' WHERE nr "
        "< 4; COMMIT");
    a.sql().exec("UPDATE item SET name = 'of a' WHERE nr > 15; DELETE FROM item WHERE nr = 19");
    check_shared(tree);
    CHECK(a.sql().value(extras) == "1 n1 odd 5 1, 2 n2 odd 5 2, 3 n3 odd 5 3, 11 none 5");
    CHECK(b.sql().number("SELECT count(*) FROM item WHERE colour = 'red' AND name = 'of a'") == 3);

    // What loses comes back with what only this end has, where it is this end that decides first.
    b.stop();
    a.sql().exec(
        "UPDATE item SET name = 'lost', note = 'mine' WHERE nr = 1; INSERT INTO item (nr, code) VALUES (30, 30)");
    b.sql().exec("UPDATE item SET name = 'won' WHERE nr = 1; INSERT INTO item VALUES (31, 'held', 30, 'blue')");
    wait_value(a, "SELECT name FROM item WHERE nr = 1", "won");
    b.start();
    tree.sync_all();
    CHECK(a.sql().value("SELECT name || ' ' || note FROM item WHERE nr = 1") == "won mine");
    CHECK(a.sql().value("SELECT loser_row ->> 'note' FROM replication.conflicts") == "mine");
    CHECK(held_keys(a) == "[31]");
    CHECK(a.sql().value("SELECT row ->> 'note' FROM replication.held") == "none");
    a.sql().exec("DELETE FROM item WHERE nr = 30");
    wait_value(a, "SELECT count(*) FROM replication.held", "0");
    check_shared(tree);
    CHECK(a.sql().value("SELECT name || ' ' || note FROM item WHERE nr = 31") == "held none");
    CHECK(b.sql().value("SELECT colour FROM item WHERE nr = 31") == "blue");
}

TEST_CASE("a node that lacks a column does not take rows that it has to pass on") {
    auto tree = Tree::chain(3, with_items(false));
    for (const std::size_t index : {std::size_t{0}, std::size_t{2}})
        tree[index].sql().exec("ALTER TABLE item ADD note text");
    tree.init_all();
    tree.start_all();
    tree[0].sql().exec("INSERT INTO item VALUES (1, 'one', 1, 'for c')");
    wait_error(tree[1], tree[0],
               "column note is missing here, and its values would be lost on the way to other neighbours");
    tree[1].sql().exec("ALTER TABLE item ADD note text");
    tree.sync_all();
    tree.check_equal({"item"});
    CHECK(tree[2].sql().value("SELECT note FROM item") == "for c");
}

TEST_CASE("a column that comes to both ends at last is compared: what it held before did not travel") {
    auto tree = Tree::chain(2, with_items(true));
    auto& a = tree[0];
    auto& b = tree[1];
    a.sql().exec("INSERT INTO item VALUES (1, 'one', 1)");
    tree.sync_all();
    const bool with_values = GENERATE(true, false);
    a.sql().exec("ALTER TABLE item ADD colour text");
    a.sql().exec(std::string("INSERT INTO item VALUES (2, 'two', 2, ") + (with_values ? "'red'" : "NULL") + ")");
    b.sql().exec("INSERT INTO item VALUES (3, 'three', 3)");
    check_shared(tree);
    a.restart();
    b.sql().exec("ALTER TABLE item ADD colour text; UPDATE item SET name = 'trois' WHERE nr = 3");
    if (with_values) {
        wait_error(b, a, "table public.item holds different rows");
        wait_error(a, b, "table public.item holds different rows");
        CHECK(a.sql().value("SELECT name FROM item WHERE nr = 3") == "three");
        a.sql().exec("UPDATE item SET colour = colour WHERE colour IS NOT NULL");
    }
    tree.sync_all();
    tree.check_equal({"item"});
    CHECK(b.sql().number("SELECT count(*) FROM item WHERE colour = 'red'") == (with_values ? 1 : 0));
}

TEST_CASE("columns of one end that rows cannot do without, or that the other end generates, are differences") {
    auto tree = Tree::chain(2, with_items(false));
    tree[0].sql().exec("ALTER TABLE item ADD need text NOT NULL, ADD up text GENERATED ALWAYS AS (upper(name)) STORED");
    tree[1].sql().exec("ALTER TABLE item ADD up text, ADD beside int GENERATED BY DEFAULT AS IDENTITY");
    tree.init_all();
    tree.start_all();
    const auto at_a = wait_error(tree[0], tree[1], "table public.item differs");
    CHECK_THAT(at_a, contains("column need is missing at b, and here it must have a value, but has no default") &&
                         contains("column up is generated here, but not at b"));
    const auto at_b = wait_error(tree[1], tree[0], "table public.item differs");
    CHECK_THAT(at_b,
               contains("column beside is missing at a") && contains("column up is generated at a, but not here"));
    tree[0].sql().exec("ALTER TABLE item ALTER need SET DEFAULT 'x', DROP up");
    tree[1].sql().exec("ALTER TABLE item DROP beside, DROP up; INSERT INTO item VALUES (1, 'one', 1)");
    check_shared(tree);
    CHECK(tree[0].sql().value("SELECT need FROM item") == "x");
}
