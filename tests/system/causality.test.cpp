#include "tests/support/catch.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/interleaving.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

/// A write that has seen another never loses against it, and is no conflict.
namespace {

TreeOptions one_table(const std::string& extra = "") {
    TreeOptions options;
    options.schema = "CREATE TABLE item (nr bigint PRIMARY KEY, v text)";
    options.nodes.extra = extra;
    return options;
}

void finish(Tree& tree) {
    for (const auto& node : tree.nodes())
        node->faults().clear();
    tree.sync_all();
    tree.check_equal({"item"});
    check_logs_drained(tree);
}

std::string row(Node& node, int nr) {
    return node.sql().value("SELECT coalesce((SELECT v FROM item WHERE nr = " + std::to_string(nr) + "), '-')");
}

void check_no_conflicts(Tree& tree) {
    for (const auto& node : tree.nodes())
        CHECK(losers(*node, "item").empty());
}

}  // namespace

TEST_CASE("a leaf that lost a conflict and writes the row again has the last word") {
    struct Case {
        const char* name;
        const char* elsewhere;
        const char* lost;   ///< at the leaf
        const char* again;  ///< at the leaf, once it has taken the other's row
        const char* expected;
        bool leaf_was_read;  ///< the middle has pulled what lost before
    };
    const char* const update = "UPDATE item SET v = 'leaf 1' WHERE nr = 1";
    const char* const update_again = "UPDATE item SET v = 'leaf 2' WHERE nr = 1";
    const char* const insert_again = "INSERT INTO item VALUES (1, 'leaf 2')";
    const char* const remove = "DELETE FROM item WHERE nr = 1";
    const char* const elsewhere = "UPDATE item SET v = 'middle' WHERE nr = 1";
    auto tree = Tree::chain(3, one_table());  // b in the middle, c the leaf
    for (const bool leaf_was_read : {false, true}) {
        for (const auto& c :
             {Case{"update, update", elsewhere, update, update_again, "leaf 2", leaf_was_read},
              Case{"update, delete", elsewhere, update, remove, "-", leaf_was_read},
              Case{"deleted elsewhere, inserted", remove, update, insert_again, "leaf 2", leaf_was_read}}) {
            INFO(c.name << (c.leaf_was_read ? ", the middle had pulled what lost" : ""));
            start_over(tree, 1);
            auto& middle = tree[1];
            auto& leaf = tree[2];
            hold_pulls(middle);
            hold_pulls(leaf);
            leaf.sql().exec(c.lost);
            middle.sql().exec(c.elsewhere);
            if (c.leaf_was_read) advance_to(middle, "pull.begun", "stage.done");
            advance_to(leaf, "pull.begun", "apply.committed");
            CHECK(losers(leaf, "item").size() == 1);
            leaf.sql().exec(c.again);
            if (c.leaf_was_read) {
                middle.faults().release("stage.done");
            } else {
                release_pulls(middle);
            }
            finish(tree);
            CHECK(row(tree[0], 1) == c.expected);
            CHECK(losers(leaf, "item").size() == 1);
            CHECK(losers(middle, "item").size() == (c.leaf_was_read ? 1 : 0));
            CHECK(losers(tree[0], "item").empty());
        }
    }
}

TEST_CASE("a write that follows a row newer than its chunk wins, and is no conflict") {
    struct Case {
        const char* name;
        const char* newer;  ///< at a, beyond the first chunk
        const char* write;  ///< at b, when the first chunk is there
        const char* expected;
    };
    const char* const update = "UPDATE item SET v = 'a 2' WHERE nr = 1";
    const char* const remove = "DELETE FROM item WHERE nr = 1";
    auto tree = Tree::chain(3, one_table("batch: {max_rows: 2}\n"));  // b forwards to c
    tree[0].options().extra.clear();                                  // what a reads, it reads at once
    tree[0].write_config();
    tree[0].restart();
    for (const bool a_pulls_between : {true, false}) {
        for (const auto& c : {Case{"update after update", update, "UPDATE item SET v = 'b' WHERE nr = 1", "b"},
                              Case{"delete after update", update, remove, "-"},
                              Case{"insert after delete", remove, "INSERT INTO item VALUES (1, 'b')", "b"},
                              Case{"insert and delete after delete", remove,
                                   "INSERT INTO item VALUES (1, 'b'); DELETE FROM item WHERE nr = 1", "-"}}) {
            INFO(c.name << (a_pulls_between ? ", a reads it before the second chunk" : ""));
            start_over(tree, 9);
            auto& a = tree[0];
            auto& b = tree[1];
            hold_pulls(a);
            hold_pulls(b);
            a.sql().exec("UPDATE item SET v = 'a 1' WHERE nr = 1");
            a.sql().exec("UPDATE item SET v = 'a' WHERE nr = 2");
            a.sql().exec("UPDATE item SET v = 'a' WHERE nr = 3");
            a.sql().exec(c.newer);
            a.sql().exec("UPDATE item SET v = 'a' WHERE nr = 4");
            advance_to(b, "pull.begun", "apply.committed.1");
            CHECK(row(b, 2) == "a");
            CHECK(row(b, 3) == "old");                                           // the chunk was cut
            CHECK(row(b, 1) == (std::string(c.newer) == remove ? "-" : "a 2"));  // but not its rows
            CHECK(b.sql().number("SELECT count(*) FROM replication.ahead") == 1);
            b.sql().exec(c.write);
            if (a_pulls_between) {
                advance_to(a, "pull.begun", "apply.committed");
                CHECK(row(a, 1) == c.expected);
            }
            finish(tree);
            CHECK(row(a, 1) == c.expected);
            check_no_conflicts(tree);
            for (const auto& node : tree.nodes())
                CHECK(node->sql().number("SELECT count(*) FROM replication.ahead") == 0);
        }
    }
}

TEST_CASE("a transaction that took its number before and commits after others were pulled is read") {
    auto tree = Tree::chain(3, one_table());
    auto& a = tree[0];
    a.sql().exec("INSERT INTO item VALUES (1, 'old'), (2, 'old')");
    tree.sync_all();
    Database early(a.conninfo());
    Database late(a.conninfo());
    early.exec("BEGIN; UPDATE item SET v = 'early' WHERE nr = 1; INSERT INTO item VALUES (10, 'early')");
    late.exec("BEGIN; SELECT pg_current_xact_id()");  // its number is low, its rows come last
    a.sql().exec("INSERT INTO item VALUES (11, 'others'); UPDATE item SET v = 'others' WHERE nr = 2");
    wait_until(30s, "the others are at c", [&] { return row(tree[2], 11) == "others" && row(tree[2], 2) == "others"; });
    late.exec("UPDATE item SET v = 'late' WHERE nr = 2; INSERT INTO item VALUES (12, 'late'); COMMIT");
    wait_until(30s, "the late one is at c", [&] { return row(tree[2], 12) == "late"; });
    CHECK(row(tree[2], 1) == "old");
    early.exec("COMMIT");
    finish(tree);
    CHECK(row(tree[2], 1) == "early");
    CHECK(row(tree[2], 2) == "late");
    CHECK(row(tree[2], 10) == "early");
    check_no_conflicts(tree);
}

TEST_CASE("a late commit meets a write of the other end as the conflict that it is") {
    auto tree = Tree::chain(2, one_table());
    tree[0].sql().exec("INSERT INTO item VALUES (1, 'old')");
    tree.sync_all();
    Database early(tree[0].conninfo());
    early.exec("BEGIN; UPDATE item SET v = 'early' WHERE nr = 1");
    tree[0].sql().exec("INSERT INTO item VALUES (2, 'others')");
    tree[1].sql().exec("UPDATE item SET v = 'b' WHERE nr = 1");
    wait_until(30s, "the other row is at b", [&] { return row(tree[1], 2) == "others"; });
    early.exec("COMMIT");
    finish(tree);
    CHECK(row(tree[0], 1) == "b");
    const auto at_a = losers(tree[0], "item");
    const auto at_b = losers(tree[1], "item");
    CHECK(at_a.size() + at_b.size() >= 1);
    for (const auto& found : {at_a, at_b})
        CHECK((found.empty() || found == std::vector<std::string>{"update_origin_differs [1] early"}));
}
