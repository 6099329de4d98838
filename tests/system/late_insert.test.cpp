#include "tests/support/catch.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/interleaving.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

/// A delete comes for a key that is absent here, so there is no row to lock, while a user's insert of that key is under
/// way: see `ord`, docs/how-it-works.md, 5. In all of these b is the node with the user, a deletes.
namespace {

TreeOptions one_table() {
    TreeOptions options;
    options.schema = "CREATE TABLE item (nr bigint PRIMARY KEY, v text)";
    return options;
}

/// Waits in pulls at b, while a has made and deleted row 1, which b never had.
void hold_delete_of_unknown(Tree& tree) {
    start_over(tree, 0);
    hold_pulls(tree[1]);
    tree[0].sql().exec("INSERT INTO item VALUES (1, 'a')");
    tree[0].sql().exec("DELETE FROM item WHERE nr = 1");
}

/// The same where all nodes had the row, and b has deleted it as well.
void hold_delete_of_deleted(Tree& tree) {
    start_over(tree, 1);
    for (const auto& node : tree.nodes())
        hold_pulls(*node);
    tree[0].sql().exec("DELETE FROM item WHERE nr = 1");
    tree[1].sql().exec("DELETE FROM item WHERE nr = 1");
}

void finish(Tree& tree) {
    for (const auto& node : tree.nodes())
        node->faults().clear();
    tree.sync_all();
    tree.check_equal({"item"});
    check_logs_drained(tree);
}

const char* const insert = "INSERT INTO item VALUES (1, 'user')";

using Setup = void (*)(Tree&);

}  // namespace

TEST_CASE("an insert that commits after a delete of its key was applied to nothing survives on all nodes") {
    for (const std::size_t nodes : {std::size_t{2}, std::size_t{3}}) {
        auto tree = Tree::chain(nodes, one_table());
        for (const Setup hold : {Setup(hold_delete_of_unknown), Setup(hold_delete_of_deleted)}) {
            CAPTURE(nodes, hold == Setup(hold_delete_of_deleted));
            hold(tree);
            Database user(tree[1].conninfo());
            user.exec(std::string("BEGIN;") + insert);
            advance_to(tree[1], "pull.begun", "apply.committed");
            user.exec("COMMIT");
            finish(tree);
            CHECK(tree[0].sql().value("SELECT v FROM item") == "user");
            for (const auto& node : tree.nodes())
                CHECK(losers(*node, "item").empty());
        }
    }
}

TEST_CASE("an insert that is rolled back while a delete of its key is applied leaves nothing anywhere") {
    auto tree = Tree::chain(3, one_table());
    hold_delete_of_unknown(tree);
    Database user(tree[1].conninfo());
    user.exec(std::string("BEGIN;") + insert);
    advance_to(tree[1], "pull.begun", "apply.before_commit");
    user.exec("ROLLBACK");
    finish(tree);
    CHECK(tree[0].sql().number("SELECT count(*) FROM item") == 0);
}

TEST_CASE("an insert that commits between the look and the commit of a delete of its key survives on all nodes") {
    auto tree = Tree::chain(3, one_table());
    for (const auto& point : points_between("apply.looked", "apply.before_commit")) {
        for (const bool begun_before : {true, false}) {
            CAPTURE(point, begun_before);
            hold_delete_of_unknown(tree);
            hold_pulls(tree[0]);
            hold_pulls(tree[2]);
            Database user(tree[1].conninfo());
            if (begun_before) user.exec(std::string("BEGIN;") + insert);
            advance_to(tree[1], "pull.begun", point);
            user.exec(begun_before ? "COMMIT" : insert);
            advance_to(tree[1], point, "apply.committed");  // before anybody reads the insert
            finish(tree);
            CHECK(tree[0].sql().value("SELECT v FROM item") == "user");
        }
    }
}

TEST_CASE("an insert that the deleting node reads before the delete of its key is committed ends equal on all nodes") {
    for (const std::size_t nodes : {std::size_t{2}, std::size_t{3}}) {
        auto tree = Tree::chain(nodes, one_table());
        for (const std::string point : {"apply.looked", "apply.before_commit"}) {
            CAPTURE(nodes, point);
            hold_delete_of_unknown(tree);
            hold_pulls(tree[0]);
            advance_to(tree[1], "pull.begun", point);
            tree[1].sql().exec(insert);
            advance_to(tree[0], "pull.begun", "apply.committed");
            finish(tree);
        }
    }
}

TEST_CASE("an insert of a key whose delete was looked at before by everybody is newer than it") {
    auto tree = Tree::chain(3, one_table());
    hold_delete_of_unknown(tree);
    release_pulls(tree[1]);
    tree.sync_all();
    tree[1].sql().exec(insert);
    finish(tree);
    CHECK(tree[2].sql().value("SELECT v FROM item") == "user");
    for (const auto& node : tree.nodes())
        CHECK(losers(*node, "item").empty());
}

TEST_CASE("a row that comes and goes between the look and the commit of a delete of its key ends equal on all nodes") {
    auto tree = Tree::chain(2, one_table());
    // a's clock is ahead, so its delete is stronger than b's, and any delete is stronger than what a inserts.
    tree[0].sql().exec("SELECT replication.advance_clock((extract(epoch FROM now()) * 1000000)::bigint + 3600000000)");
    hold_delete_of_unknown(tree);
    hold_pulls(tree[0]);
    advance_to(tree[1], "pull.begun", "apply.looked");
    tree[1].sql().exec(insert);
    tree[1].sql().exec("DELETE FROM item");
    advance_to(tree[0], "pull.begun", "stage.done");
    tree[0].sql().exec("INSERT INTO item VALUES (1, 'again')");
    advance_to(tree[1], "apply.looked", "apply.committed");
    tree[1].faults().clear();
    wait_until(30s, "b has weighed what a inserted", [&] { return !losers(tree[1], "item").empty(); });
    finish(tree);
    CHECK(tree[0].sql().number("SELECT count(*) FROM item") == 0);
}

TEST_CASE(
    "a delete of an absent key and an insert of it from another neighbour are weighed, though they arrive at once") {
    auto tree = Tree::chain(3, one_table());
    hold_delete_of_unknown(tree);
    tree[2].sql().exec("INSERT INTO item VALUES (1, 'c')");
    hold_pulls(tree[0]);
    hold_pulls(tree[2]);
    advance_to(tree[1], "pull.begun.1", "apply.looked.1");
    tree[1].faults().release("pull.begun.3");
    wait_until(30s, "the batch of c waits for that of a", [&] {
        return tree[1].sql().number("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted") > 0;
    });
    finish(tree);
    CHECK(tree[0].sql().number("SELECT count(*) FROM item") == 0);
    CHECK(losers(tree[1], "item").size() == 1);
}
