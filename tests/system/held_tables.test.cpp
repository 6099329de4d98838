#include "tests/support/catch.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/ask.hpp"
#include "tests/system/interleaving.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

namespace {

TreeOptions two_tables() {
    TreeOptions options;
    options.schema =
        "CREATE TABLE item (nr bigint PRIMARY KEY, v text);"
        "CREATE TABLE other (nr bigint PRIMARY KEY, v text)";
    return options;
}

void wait_same_rows(Node& one, Node& other, const std::string& table) {
    wait_until(20s, "both have the same rows in " + table,
               [&] { return table_image(one.sql(), table) == table_image(other.sql(), table); });
}

/// From here on the two ends have different columns; make_fit() ends that.
void make_misfit(Node& node, const std::string& table) {
    node.sql().exec("ALTER TABLE " + table + " ALTER v TYPE varchar(1000)");
}

void make_fit(Node& node, const std::string& table) {
    node.sql().exec("ALTER TABLE " + table + " ALTER v TYPE text");
}

const std::string differs = "table public.item differs";

std::string held_tables(Node& node) {
    return node.sql().value(
        "SELECT coalesce(string_agg(table_name, ' ' ORDER BY table_name), '') FROM replication.held_tables");
}

}  // namespace

TEST_CASE("a table that differs is held with the difference named, and the others go on") {
    auto tree = Tree::chain(2, two_tables());
    auto& a = tree[0];
    auto& b = tree[1];
    a.sql().exec("INSERT INTO item SELECT i, 'old' FROM generate_series(1, 20) i");
    tree.sync_all();
    make_misfit(b, "item");
    a.sql().exec("UPDATE item SET v = 'at a' WHERE nr <= 5; DELETE FROM item WHERE nr = 6");
    a.sql().exec("UPDATE item SET nr = 100 WHERE nr = 7; INSERT INTO item VALUES (101, 'new')");
    const auto error = wait_error(b, a, differs);
    CHECK_THAT(error, contains("column v is text at a, but character varying(1000) here"));
    b.sql().exec("UPDATE item SET v = 'at b' WHERE nr > 10; DELETE FROM item WHERE nr = 12");
    wait_error(a, b, differs);

    a.sql().exec("INSERT INTO other VALUES (1, 'goes on')");
    b.sql().exec("INSERT INTO other VALUES (2, 'here too')");
    wait_same_rows(a, b, "other");
    CHECK(b.state(a) == "streaming");
    CHECK(held_tables(a) == "item");
    CHECK(held_tables(b) == "item");
    CHECK(b.sql().value("SELECT v FROM item WHERE nr = 1") == "old");
    SECTION("sync does not say that all is there") {
        CHECK(a.ctl({"sync", "--wait", "--timeout", "2s"}).exit_code == 1);
    }
    SECTION("its changes are kept, whatever else is pruned and however often the daemons start") {
        for (int i = 0; i < 5; ++i)
            a.sql().exec("INSERT INTO other VALUES (" + std::to_string(100 + i) + ", 'more')");
        wait_same_rows(a, b, "other");
        a.restart();
        b.restart();
        a.sql().exec("DELETE FROM other WHERE nr = 100");
        wait_same_rows(a, b, "other");
        wait_value(a, "SELECT count(*) <= 1 FROM replication.log WHERE table_name = 'other'", "t");
        CHECK(a.sql().number("SELECT count(DISTINCT key) FROM replication.log WHERE table_name = 'item'") == 9);
    }
    make_fit(b, "item");
    tree.sync_all();
    check_settled(tree, {"item", "other"});
    CHECK(held_tables(a) + held_tables(b) == "");
    CHECK(last_error(b, a).empty());
    CHECK(a.sql().number("SELECT count(*) FROM item WHERE v = 'at b'") == 9);
    CHECK(b.sql().number("SELECT count(*) FROM item WHERE v = 'at a'") == 5);
}

TEST_CASE("a table that was held catches up in chunks, while the others flow and daemons are killed") {
    auto options = two_tables();
    options.nodes.extra = "batch: {max_rows: 7}\n";
    auto tree = Tree::chain(3, options);
    auto& a = tree[0];
    auto& b = tree[1];
    auto& c = tree[2];
    a.sql().exec("INSERT INTO item SELECT i, 'old' FROM generate_series(1, 100) i");
    tree.sync_all();
    make_misfit(b, "item");
    for (int i = 1; i <= 40; ++i) {
        const auto key = std::to_string(i);
        a.sql().exec("UPDATE item SET v = 'a" + key + "' WHERE nr IN (" + key + ", " + std::to_string(i + 40) + ")");
        c.sql().exec("UPDATE item SET v = 'c" + key + "' WHERE nr = 100 - " + key);
        c.sql().exec("DELETE FROM item WHERE nr = " + std::to_string(i) + " AND nr % 5 = 0");
    }
    wait_error(b, a, differs);
    wait_error(b, c, differs);
    b.faults().arm(GENERATE("apply.before_commit.1", "apply.committed.1", "apply.committed.3"), Faults::Action::kill);
    make_fit(b, "item");
    for (int i = 0; i < 5; ++i)
        a.sql().exec("INSERT INTO other VALUES (" + std::to_string(i) +
                     ", 'meanwhile'); UPDATE item SET v = 'late' WHERE nr = " + std::to_string(i + 20));
    REQUIRE(b.wait_exit(20s));
    b.faults().clear();
    b.start();
    tree.sync_all();
    tree.check_equal({"item", "other"});
    check_logs_drained(tree);
    for (const auto& node : tree.nodes())
        CHECK(held_tables(*node) == "");
}

TEST_CASE("rows of a held table that both ends changed are conflicts like any others") {
    auto tree = Tree::chain(2, two_tables());
    auto& a = tree[0];
    auto& b = tree[1];
    a.sql().exec("INSERT INTO item SELECT i, 'old' FROM generate_series(1, 9) i");
    tree.sync_all();
    make_misfit(b, "item");
    a.sql().exec("UPDATE item SET v = 'at a' WHERE nr <= 4; INSERT INTO item VALUES (20, 'made at a')");
    wait_error(b, a, differs);
    // The other link's position goes on at both ends, so that what was read of the link is not what was read of the
    // table.
    a.sql().exec("INSERT INTO other VALUES (1, 'x')");
    b.sql().exec("INSERT INTO other VALUES (2, 'y')");
    wait_same_rows(a, b, "other");
    b.sql().exec(
        "UPDATE item SET v = 'at b' WHERE nr IN (1, 2, 8); DELETE FROM item WHERE nr = 3; INSERT INTO item VALUES (20, "
        "'made at b')");
    wait_error(a, b, differs);
    a.sql().exec("INSERT INTO other VALUES (3, 'z')");
    wait_same_rows(a, b, "other");
    make_fit(b, "item");
    tree.sync_all();
    tree.check_equal({"item", "other"});
    check_logs_drained(tree);
    for (const auto& node : tree.nodes()) {
        auto& sql = node->sql();
        CHECK(sql.value("SELECT string_agg(v, ' ' ORDER BY nr) FROM item") ==
              "at b at b at a old old old at b old made at b");
        const auto lost = losers(*node, "item");
        CHECK((lost.empty() || lost.size() == 4));
    }
}

TEST_CASE("a delete of a held table's row meets the insert that came after") {
    auto tree = Tree::chain(3, two_tables());
    auto& a = tree[0];
    auto& b = tree[1];
    auto& c = tree[2];
    a.sql().exec("INSERT INTO item VALUES (1, 'old')");
    tree.sync_all();
    make_misfit(c, "item");
    a.sql().exec("DELETE FROM item WHERE nr = 1");
    wait_error(c, b, differs);
    wait_value(b, "SELECT count(*) FROM item", "0");
    b.sql().exec("INSERT INTO item VALUES (1, 'anew')");
    c.sql().exec("INSERT INTO other VALUES (1, 'x')");
    a.sql().exec("INSERT INTO other VALUES (2, 'y')");
    wait_same_rows(a, c, "other");
    make_fit(c, "item");
    tree.sync_all();
    check_settled(tree, {"item", "other"});
    CHECK(c.sql().value("SELECT v FROM item") == "anew");
}

TEST_CASE("a table that is added later with other rows at the two ends is held, and says that a join is needed") {
    auto options = two_tables();
    options.nodes.tables = "[public.item]";
    auto tree = Tree::chain(2, options);
    auto& a = tree[0];
    auto& b = tree[1];
    tree.sync_all();  // the links have begun: with a table that is there from the beginning they would not
    a.sql().exec("INSERT INTO other VALUES (1, 'only at a'), (2, 'at both')");
    b.sql().exec("INSERT INTO other VALUES (2, 'at both')");
    for (auto* const node : {&a, &b})
        REQUIRE(node->ctl({"tables", "add", "public.other"}).exit_code == 0);
    CHECK_THAT(wait_error(b, a, "table public.other holds different rows here and at a"), contains("trompctl join a"));
    a.sql().exec("INSERT INTO item VALUES (1, 'goes on'); INSERT INTO other VALUES (3, 'waits')");
    wait_same_rows(a, b, "item");
    CHECK(b.sql().number("SELECT count(*) FROM other") == 1);
    // Somebody makes them equal by hand, which is logged too.
    b.sql().exec("INSERT INTO other VALUES (1, 'only at a')");
    tree.sync_all();
    tree.check_equal({"item", "other"});
    CHECK(a.sql().number("SELECT count(*) FROM other") == 3);
    CHECK(last_error(b, a).empty());
}

TEST_CASE("a held table that is no longer replicated at the source is forgotten") {
    auto tree = Tree::chain(2, two_tables());
    auto& a = tree[0];
    auto& b = tree[1];
    make_misfit(b, "item");
    a.sql().exec("INSERT INTO item VALUES (1, 'x')");
    wait_error(b, a, differs);
    for (auto* const node : {&a, &b})
        REQUIRE(node->ctl({"tables", "remove", "public.item"}).exit_code == 0);
    wait_value(b, "SELECT count(*) FROM replication.held_tables", "0");
    a.sql().exec("INSERT INTO other VALUES (1, 'y')");
    tree.sync_all();
    CHECK(last_error(b, a).empty());
}
