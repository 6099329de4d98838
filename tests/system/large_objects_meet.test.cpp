#include "tests/support/catch.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/ask.hpp"
#include "tests/system/documents.hpp"
#include "tests/system/interleaving.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

/// Large objects where changes meet: conflicts, held rows, users who write at that moment.
namespace {

/// Document 1 is at all nodes, with `old` as its object.
Tree with_one(const std::string& more_config = "", std::size_t nodes = 2) {
    auto tree = Tree::chain(nodes, with_documents(more_config));
    tree[0].sql().exec("INSERT INTO document VALUES (1, 'one', lo_from_bytea(0, 'old'), NULL)");
    check_documents(tree);
    return tree;
}

/// A user's change of document 1: in place, the row first.
std::string rewrite(const std::string& text) {
    return "BEGIN; UPDATE document SET name = name WHERE id = 1; SELECT lo_truncate64(lo_open(lo, x'20000'::int), 0) "
           "FROM "
           "document WHERE id = 1; SELECT lo_put(lo, 0, '" +
           text + "') FROM document WHERE id = 1; COMMIT";
}

const char* const remove_row =
    "WITH old AS (DELETE FROM document WHERE id = 1 RETURNING lo) SELECT lo_unlink(lo) FROM old";

std::string only_conflict(Node& node) {
    return node.sql().value("SELECT id FROM replication.conflicts");
}

void restore(Node& node, const std::string& id) {
    const auto output = node.ctl({"conflicts", "restore", id});
    INFO(output.err);
    REQUIRE(output.exit_code == 0);
}

}  // namespace

TEST_CASE("the conflict of a row decides about its object, and the one that lost can be restored and is purged") {
    auto tree = with_one();
    auto& a = tree[0];
    auto& b = tree[1];
    // Which of the two loses, and at which node it is decided.
    const bool a_loses = GENERATE(true, false);
    const bool at_a = GENERATE(true, false);
    CAPTURE(a_loses, at_a);
    hold_pulls(a);
    hold_pulls(b);
    (a_loses ? a : b).sql().exec(rewrite("the weaker one"));
    (a_loses ? b : a).sql().exec(rewrite("the stronger"));
    auto& first = at_a ? a : b;
    advance_to(first, "pull.begun", "apply.committed");
    first.faults().clear();
    (at_a ? b : a).faults().clear();
    check_documents(tree);
    CHECK(text_of(a, 1) == "the stronger");
    CHECK(objects(first) == 2);
    const auto lost = first.sql().value("SELECT loser_row ->> 'lo' FROM replication.conflicts");
    CHECK(first.sql().value("SELECT convert_from(lo_get(" + lost + "), 'UTF8')") == "the weaker one");
    SECTION("restored") {
        // What won is changed since: that is nothing to what lost.
        b.sql().exec(rewrite("changed since"));
        check_documents(tree);
        restore(first, only_conflict(first));
        check_documents(tree);
        CHECK(text_of(a, 1) == "the weaker one");
        CHECK(text_of(b, 1) == "the weaker one");
        CHECK(objects(first) == 1);
        b.sql().exec(rewrite("and on"));
        check_documents(tree);
        CHECK(objects(first) == 1);
    }
    SECTION("purged") {
        REQUIRE(first.ctl({"conflicts", "purge", "--older-than", "0s"}).exit_code == 0);
        CHECK(objects(first) == 1);
        CHECK(text_of(first, 1) == "the stronger");
    }
}

TEST_CASE("two changes that make equal objects are two objects where one of them is kept") {
    auto tree = with_one();
    auto& a = tree[0];
    auto& b = tree[1];
    hold_pulls(a);
    hold_pulls(b);
    a.sql().exec(rewrite("the same"));
    b.sql().exec(rewrite("the same"));
    advance_to(a, "pull.begun", "apply.committed");
    a.faults().clear();
    b.faults().clear();
    check_documents(tree);
    CHECK(objects(a) == 2);
    b.sql().exec(rewrite("later"));
    check_documents(tree);
    restore(a, only_conflict(a));
    check_documents(tree);
    CHECK(text_of(b, 1) == "the same");
}

TEST_CASE("an object whose row was deleted elsewhere is kept with what lost") {
    const bool delete_wins = GENERATE(true, false);
    auto tree = with_one(delete_wins ? "" : "conflicts: {delete: last_update_wins}\n");
    auto& a = tree[0];
    auto& b = tree[1];
    hold_pulls(a);
    hold_pulls(b);
    a.sql().exec(remove_row);
    b.sql().exec(rewrite("of b"));
    auto& decides = GENERATE(0, 1) == 0 ? a : b;
    advance_to(decides, "pull.begun", "apply.committed");
    a.faults().clear();
    b.faults().clear();
    check_documents(tree);
    if (!delete_wins) {
        CHECK(text_of(a, 1) == "of b");
        CHECK(objects(decides) == 1);
        restore(decides, only_conflict(decides));
        check_documents(tree);
        CHECK(objects(a) + objects(b) == 0);
        return;
    }
    CHECK(a.sql().number("SELECT count(*) FROM document") == 0);
    CHECK(objects(decides) == 1);
    restore(decides, only_conflict(decides));
    check_documents(tree);
    CHECK(text_of(a, 1) == "of b");
    CHECK(text_of(b, 1) == "of b");
}

TEST_CASE("a held row keeps its object, which travels on, comes back with the row, or is kept when it is superseded") {
    auto tree = with_one("", 3);
    auto& a = tree[0];
    auto& b = tree[1];
    auto& c = tree[2];
    b.sql().exec("ALTER TABLE document ADD CONSTRAINT not_held CHECK (name <> 'held')");
    a.sql().exec("BEGIN; UPDATE document SET name = 'held'; SELECT lo_put(lo, 3, ' and held') FROM document; COMMIT");
    tree.sync_all();
    REQUIRE(held_keys(b) == "[1]");
    CHECK(text_of(b, 1) == "old");
    CHECK(text_of(c, 1) == "old and held");
    CHECK(objects(b) == 2);
    CHECK(b.sql().number("SELECT count(*) FROM replication.orphaned_objects()") == 0);
    SECTION("it becomes a row") {
        b.sql().exec("ALTER TABLE document DROP CONSTRAINT not_held");
        const auto retry = b.ctl({"held", "retry"});
        INFO(retry.err);
        CHECK(retry.exit_code == 0);
        check_documents(tree);
        CHECK(text_of(b, 1) == "old and held");
        CHECK(objects(b) == 1);
    }
    SECTION("it is changed again, and fits") {
        a.sql().exec("BEGIN; UPDATE document SET name = 'free'; SELECT lo_put(lo, 0, 'new') FROM document; COMMIT");
        check_documents(tree);
        CHECK(text_of(c, 1) == "new and held");
        CHECK(objects(b) == 1);
    }
    SECTION("it is superseded, and restored") {
        b.sql().exec(rewrite("of b"));
        check_documents(tree);
        CHECK(b.ctl({"held", "retry"}).exit_code == 0);  // at once
        CHECK(text_of(a, 1) == "of b");
        CHECK(objects(b) == 2);
        b.sql().exec("ALTER TABLE document DROP CONSTRAINT not_held");
        restore(b, only_conflict(b));
        check_documents(tree);
        CHECK(text_of(a, 1) == "old and held");
        CHECK(objects(b) == 1);
    }
    SECTION("it is held again, with nothing new in its object") {
        a.sql().exec("UPDATE document SET preview = lo_from_bytea(0, 'seen')");
        tree.sync_all();
        CHECK(held_keys(b) == "[1]");
        CHECK(objects(b) == 3);
        b.sql().exec("ALTER TABLE document DROP CONSTRAINT not_held");
        CHECK(b.ctl({"held", "retry"}).exit_code == 0);
        check_documents(tree);
        CHECK(objects(b) == 2);
    }
}

TEST_CASE("a row that is refused does not share its object with the row that stays, though they are equal") {
    auto tree = with_one();
    auto& a = tree[0];
    auto& b = tree[1];
    b.sql().exec("ALTER TABLE document ADD CONSTRAINT not_held CHECK (name <> 'held')");
    a.sql().exec("UPDATE document SET name = 'held'");
    tree.sync_all();
    REQUIRE(held_keys(b) == "[1]");
    CHECK(objects(b) == 2);
    b.sql().exec(rewrite("of b"));
    check_documents(tree);
    CHECK(b.ctl({"held", "retry"}).exit_code == 0);  // at once
    b.sql().exec("ALTER TABLE document DROP CONSTRAINT not_held");
    restore(b, only_conflict(b));
    check_documents(tree);
    CHECK(text_of(a, 1) == "old");
}

TEST_CASE("nobody waits while objects are fetched, and what a user writes meanwhile is weighed against what comes") {
    auto tree = with_one();
    auto& a = tree[0];
    auto& b = tree[1];
    const std::string point =
        GENERATE("objects.compared", "objects.fetched", "objects.done", "apply.locked", "apply.merged");
    const bool differs = GENERATE(true, false);  // what comes differs from what is here
    CAPTURE(point, differs);
    b.faults().arm(point, Faults::Action::pause);
    a.sql().exec(differs ? rewrite("of a") : "UPDATE document SET name = 'of a'");
    b.faults().wait_reached(point);
    if (point.starts_with("apply")) {
        b.sql().async_exec(rewrite("of b, later"));  // waits for the row, and then finds what came
        Database observer(b.conninfo());
        wait_until(5s, "the user waits", [&] { return is_blocked(observer, b.sql()); });
        b.faults().release(point);
        b.sql().finish();
    } else {
        b.sql().exec("SET statement_timeout = '20s'; " + rewrite("of b, later") + "; RESET statement_timeout");
        b.faults().release(point);
    }
    check_documents(tree);
    CHECK(text_of(a, 1) == "of b, later");
    CHECK(text_of(b, 1) == "of b, later");
    CHECK(a.sql().number("SELECT count(*) FROM replication.held") == 0);
}

TEST_CASE("a user who writes to an object before its row makes the batch wait, and loses nothing") {
    auto tree = with_one();
    auto& a = tree[0];
    auto& b = tree[1];
    b.sql().exec("BEGIN; SELECT lo_put(lo, 0, 'Old') FROM document WHERE id = 1");
    b.faults().arm("apply.merged", Faults::Action::pause);
    a.sql().exec(rewrite("of a"));
    b.faults().wait_reached("apply.merged");
    b.sql().async_exec("UPDATE document SET name = 'of b' WHERE id = 1; COMMIT");
    Database observer(b.conninfo());
    wait_until(5s, "the user waits", [&] { return is_blocked(observer, b.sql()); });
    b.faults().release("apply.merged");
    b.sql().finish();
    check_documents(tree);
    CHECK(b.sql().value("SELECT name FROM document") == "of b");
    CHECK(text_of(a, 1) == "Old");
    // The other one is what lost.
    CHECK(a.sql().number("SELECT count(*) FROM replication.conflicts") +
              b.sql().number("SELECT count(*) FROM replication.conflicts") >
          0);
}

TEST_CASE("objects of both ends' changes at once, over a chain, are equal in the end") {
    auto tree = with_one("", 4);
    for (int round = 0; round < 5; ++round) {
        for (const auto& node : tree.nodes())
            node->sql().exec(rewrite(node->name() + std::to_string(round)));
    }
    check_documents(tree);
    for (const auto& node : tree.nodes()) {
        const auto kept = node->sql().number("SELECT count(*) FROM replication.conflicts WHERE loser_row IS NOT NULL");
        CHECK(objects(*node) == 1 + kept);
        const auto lost = node->sql().rows(
            "SELECT convert_from(lo_get((loser_row ->> 'lo')::oid), 'UTF8') FROM replication.conflicts");
        CHECK(lost.size() == static_cast<std::size_t>(kept));
    }
}

TEST_CASE("a parent that is restored for its child has its object") {
    auto tree = with_one("conflicts: {tables: {public.note: {orphans: restore_parent}}}\n");
    auto& a = tree[0];
    auto& b = tree[1];
    pause(a);
    a.sql().exec("INSERT INTO note VALUES (1, 1)");
    b.sql().exec(remove_row);
    resume(a);
    tree.sync_all();
    check_documents(tree);
    CHECK(text_of(a, 1) == "old");
    CHECK(text_of(b, 1) == "old");
    CHECK(objects(a) == 1);
}
