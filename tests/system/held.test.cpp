#include <future>

#include "tests/support/catch.hpp"
#include "tests/support/tree.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/ask.hpp"
#include "tests/system/interleaving.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

/// Rows that a database refuses are held; everything else goes on.
namespace {

TreeOptions with_addresses(const std::string& more = "") {
    TreeOptions options;
    options.schema = "CREATE TABLE person (nr bigint PRIMARY KEY, mail text NOT NULL UNIQUE, name text);" + more;
    return options;
}

std::string rows(Node& node) {
    return node.sql().value("SELECT coalesce(string_agg(nr || mail, ' ' ORDER BY nr), '') FROM person");
}

/// Held rows are tried again soon after a change, not within its transaction.
void check_all_applied(Tree& tree) {
    tree.sync_all();
    for (const auto& node : tree.nodes()) {
        wait_value(*node, "SELECT count(*) FROM replication.held", "0", 10s);
    }
    tree.check_equal({"person"});
}

/// Row 1 is at both nodes; `node` takes no row whose name is 'held'.
void refuse_at(Node& node, Node& other) {
    other.sql().exec("INSERT INTO person VALUES (1, 'x', 'first')");
    wait_value(node, "SELECT count(*) FROM person", "1");
    node.sql().exec("ALTER TABLE person ADD CONSTRAINT not_held CHECK (name <> 'held')");
}

/// Row 2, which `a` wrote and `node` held, is in its table, but its retry has not committed: it waits at
/// "apply.merged".
void stop_in_retry(Tree& tree, Node& a, Node& node) {
    refuse_at(node, a);
    tree.sync_all();
    a.sql().exec("INSERT INTO person VALUES (2, 'y', 'held')");
    tree.sync_all();
    REQUIRE(held_keys(node) == "[2]");
    node.faults().arm("apply.merged", Faults::Action::pause);
    node.sql().exec("ALTER TABLE person DROP CONSTRAINT not_held; UPDATE person SET mail = 'z' WHERE nr = 1");
    node.faults().wait_reached("apply.merged");
}

}  // namespace

TEST_CASE("two rows that claim one unique value are held, each where the other is, until one of them gives way") {
    auto tree = Tree::chain(2, with_addresses());
    auto& a = tree[0];
    auto& b = tree[1];
    pause(a);
    a.sql().exec("INSERT INTO person VALUES (1, 'x', 'of a'), (11, 'p', 'of a')");
    b.sql().exec("INSERT INTO person VALUES (2, 'x', 'of b'), (12, 'q', 'of b')");
    resume(a);
    tree.sync_all();
    CHECK(rows(a) == "1x 11p 12q");
    CHECK(rows(b) == "2x 11p 12q");
    CHECK(held_keys(a) == "[2]");
    CHECK(held_keys(b) == "[1]");
    CHECK(neighbour_report(a, b).at("held_rows").to_number<int>() == 1);
    CHECK(neighbour_report(a, b).at("last_error").is_null());
    const auto list = a.ctl({"held"});
    CHECK(list.exit_code == 0);
    CHECK_THAT(list.out, contains("public.person") && contains("[2]") && contains("person_mail_key"));
    // Everything else flows on, also in that table.
    b.sql().exec("INSERT INTO person VALUES (13, 'r', 'of b')");
    tree.sync_all();
    CHECK(rows(a) == "1x 11p 12q 13r");
    CHECK(held_keys(a) == "[2]");
    b.sql().exec("UPDATE person SET mail = 'y' WHERE nr = 2");
    check_all_applied(tree);
    CHECK(rows(a) == "1x 2y 11p 12q 13r");
    CHECK(a.sql().number("SELECT count(*) FROM replication.conflicts") == 0);
}

TEST_CASE("a held row becomes a row by itself when a user clears its way, and nothing is logged for it") {
    auto tree = Tree::chain(2, with_addresses());
    auto& a = tree[0];
    auto& b = tree[1];
    b.sql().exec("ALTER TABLE person ADD CONSTRAINT small CHECK (nr < 100)");
    a.sql().exec("INSERT INTO person VALUES (100, 'big', '')");
    tree.sync_all();
    CHECK(held_keys(b) == "[100]");
    CHECK_THAT(b.ctl({"held", "retry"}).err, contains("small"));
    b.sql().exec("ALTER TABLE person DROP CONSTRAINT small");
    SECTION("as soon as the table changes") {
        b.sql().exec("INSERT INTO person VALUES (1, 'one', '')");
        wait_value(b, "SELECT count(*) FROM replication.held", "0", 5s);
    }
    SECTION("on request") {
        const auto retry = b.ctl({"held", "retry"});
        INFO(retry.out << retry.err);
        CHECK(retry.exit_code == 0);
    }
    CHECK(b.sql().number("SELECT count(*) FROM person WHERE nr = 100") == 1);
    CHECK(b.sql().number("SELECT count(*) FROM replication.events WHERE nr = 100 AND via = 2") == 0);
    check_all_applied(tree);
}

TEST_CASE("unique values that swap or rotate end right, within a batch and across batches") {
    auto options = with_addresses();
    options.nodes.extra = "batch: {max_rows: 3}";
    auto tree = Tree::chain(2, options);
    auto& a = tree[0];
    a.sql().exec("INSERT INTO person VALUES (1, 'x', ''), (2, 'y', ''), (3, 'z', '')");
    tree.sync_all();
    const auto swap = [&](const std::string& sql) {
        INFO(sql);
        pause(a);
        a.sql().exec(sql);
        resume(a);
        check_all_applied(tree);
    };
    swap(
        "BEGIN; UPDATE person SET mail = 't' WHERE nr = 1; UPDATE person SET mail = 'x' WHERE nr = 2; "
        "UPDATE person SET mail = 'y' WHERE nr = 1; COMMIT");
    CHECK(rows(tree[1]) == "1y 2x 3z");
    // A batch for each, and each row is read as it is after all of them.
    swap(
        "BEGIN; UPDATE person SET mail = 't' WHERE nr = 1; INSERT INTO person VALUES (4, 'd', ''), (5, 'e', ''), (6, "
        "'f', ''); COMMIT;"
        "BEGIN; UPDATE person SET mail = 'y' WHERE nr = 2; INSERT INTO person VALUES (7, 'g', ''), (8, 'h', ''), (9, "
        "'i', ''); COMMIT;"
        "BEGIN; UPDATE person SET mail = 'x' WHERE nr = 3; DELETE FROM person WHERE nr > 5; COMMIT;"
        "UPDATE person SET mail = 'z' WHERE nr = 1");
    CHECK(rows(tree[1]) == "1z 2y 3x 4d 5e");
    CHECK(tree[1].sql().number("SELECT count(*) FROM replication.conflicts") == 0);
}

TEST_CASE("a held row travels on with its image to those who can have it") {
    auto tree = Tree::chain(3, with_addresses());
    auto& a = tree[0];
    auto& b = tree[1];
    auto& c = tree[2];
    b.sql().exec("ALTER TABLE person ADD CONSTRAINT named CHECK (name <> '')");
    a.sql().exec("INSERT INTO person VALUES (1, 'one', 'some'), (2, E'two\t\\\\ \\n', '')");
    tree.sync_all();
    CHECK(held_keys(b) == "[2]");
    CHECK(small_diff(table_image(a.sql(), "person"), table_image(c.sql(), "person")).empty());
    a.sql().exec("UPDATE person SET name = '' WHERE nr = 1");
    tree.sync_all();
    CHECK(held_keys(b) == "[1] [2]");
    CHECK(b.sql().value("SELECT name FROM person WHERE nr = 1") == "some");
    CHECK(small_diff(table_image(a.sql(), "person"), table_image(c.sql(), "person")).empty());
    a.sql().exec("DELETE FROM person WHERE nr = 1; UPDATE person SET name = 'other' WHERE nr = 2");
    check_all_applied(tree);
}

TEST_CASE("a held row stays held when a neighbour sends its key with nothing new of it") {
    auto tree = Tree::chain(4, with_addresses());
    auto& b = tree[1];
    auto& c = tree[2];
    auto& d = tree[3];
    c.sql().exec("INSERT INTO person VALUES (1, 'x', 'first'), (2, 'y', 'first')");
    tree.sync_all();
    hold_pull(c, b);
    b.sql().exec("UPDATE person SET name = 'of b' WHERE nr = 1; INSERT INTO person VALUES (3, 'z', '')");
    c.sql().exec("UPDATE person SET name = 'of c' WHERE nr = 1");
    for (auto* const node : {&b, &d})
        wait_value(*node, "SELECT name FROM person WHERE nr = 1", "of c");
    hold_pull(b, c);
    hold_pull(d, c);
    c.sql().exec("UPDATE person SET mail = 'one for two' WHERE nr = 2");
    d.sql().exec("UPDATE person SET mail = 'one for two', name = 'of d' WHERE nr = 1");
    wait_value(c, "SELECT count(*) FROM replication.held", "1");
    // The log of b still has its own change of row 1, though what it has from c came after it. So the row comes along.
    release_pulls(c);
    wait_value(c, "SELECT count(*) FROM person WHERE nr = 3", "1");
    CHECK(held_keys(c) == "[1]");
    release_pulls(b);
    release_pulls(d);
    tree.sync_all();
    c.sql().exec("UPDATE person SET mail = 'y' WHERE nr = 2");
    check_all_applied(tree);
    CHECK(tree[0].sql().value("SELECT name FROM person WHERE nr = 1") == "of d");
}

TEST_CASE("a held row whose key a user writes is superseded, and kept as a conflict that can be restored") {
    auto tree = Tree::chain(2, with_addresses());
    auto& a = tree[0];
    auto& b = tree[1];
    refuse_at(b, a);
    tree.sync_all();
    a.sql().exec("UPDATE person SET name = 'held', mail = 'new' WHERE nr = 1");
    tree.sync_all();
    REQUIRE(held_keys(b) == "[1]");
    b.sql().exec("UPDATE person SET name = 'of b' WHERE nr = 1");
    check_all_applied(tree);
    CHECK(a.sql().value("SELECT name FROM person WHERE nr = 1") == "of b");
    CHECK(b.sql().value("SELECT loser_row ->> 'name' FROM replication.conflicts") == "held");
    b.sql().exec("ALTER TABLE person DROP CONSTRAINT not_held");
    CHECK(b.ctl({"conflicts", "restore", b.sql().value("SELECT id FROM replication.conflicts")}).exit_code == 0);
    check_all_applied(tree);
    CHECK(a.sql().value("SELECT name || mail FROM person WHERE nr = 1") == "heldnew");
}

TEST_CASE("discarding a held row makes what is here a new change, be it a row or none") {
    auto tree = Tree::chain(2, with_addresses());
    auto& a = tree[0];
    auto& b = tree[1];
    refuse_at(b, a);
    tree.sync_all();
    a.sql().exec("UPDATE person SET name = 'held' WHERE nr = 1; INSERT INTO person VALUES (2, 'y', 'held')");
    tree.sync_all();
    REQUIRE(held_keys(b) == "[1] [2]");
    CHECK(b.ctl({"held", "discard", "4711"}).exit_code == 1);
    for (int i = 0; i < 2; ++i) {
        const auto id = b.sql().value("SELECT min(id) FROM replication.held");
        const auto discard = b.ctl({"held", "discard", id});
        INFO(discard.out << discard.err);
        CHECK(discard.exit_code == 0);
    }
    check_all_applied(tree);
    CHECK(rows(a) == "1x");
    CHECK(a.sql().value("SELECT name FROM person WHERE nr = 1") == "first");
    CHECK(b.sql().number("SELECT count(*) FROM replication.conflicts WHERE loser_row ->> 'name' = 'held'") == 2);
}

TEST_CASE("a held row that becomes a row while its delete is waiting is deleted") {
    auto tree = Tree::chain(2, with_addresses());
    auto& a = tree[0];
    auto& b = tree[1];
    stop_in_retry(tree, a, b);
    a.sql().exec("DELETE FROM person WHERE nr = 2");
    wait_value(b, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 3 AND NOT granted", "1");
    b.faults().release("apply.merged");
    check_all_applied(tree);
    CHECK(rows(b) == "1z");
}

TEST_CASE("a held row that becomes a row while it is discarded is the same everywhere") {
    auto tree = Tree::chain(2, with_addresses());
    auto& a = tree[0];
    auto& b = tree[1];
    stop_in_retry(tree, a, b);
    auto discard = std::async([&b, id = b.sql().value("SELECT id FROM replication.held")] {
        return b.ctl({"held", "discard", id});
    });
    wait_value(
        b,
        "SELECT count(*) > 0 FROM (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 3 AND NOT granted"
        " UNION ALL SELECT FROM replication.events WHERE nr = 2 AND via = 2) waits_or_is_done",
        "t");
    b.faults().release("apply.merged");
    CHECK(discard.get().exit_code == 1);  // it is not held any more
    check_all_applied(tree);
}

TEST_CASE("a held row that lost against a batch does not lose once more against a user's row that comes meanwhile") {
    auto tree = Tree::chain(3, with_addresses());
    auto& a = tree[0];
    auto& b = tree[1];
    auto& c = tree[2];
    refuse_at(b, a);
    tree.sync_all();
    hold_pulls(c);
    a.sql().exec("INSERT INTO person VALUES (2, 'y', 'held')");
    wait_value(b, "SELECT count(*) FROM replication.held", "1");
    hold_pull(b, c);
    c.sql().exec("INSERT INTO person VALUES (2, 'z', 'of c')");
    c.sql().exec("DELETE FROM person WHERE nr = 2");
    advance_to(b, "pull.begun.3", "apply.merged.3");  // the held row has lost
    b.sql().exec("INSERT INTO person VALUES (2, 'u', 'of a user')");
    b.faults().release("apply.merged.3");
    release_pulls(c);
    check_all_applied(tree);
    CHECK(b.sql().number("SELECT count(*) FROM replication.conflicts WHERE loser_row ->> 'name' = 'held'") == 1);
}

TEST_CASE("a row that is held while another link's batch clears its way is tried again at once, and its events go") {
    auto tree = Tree::chain(3, with_addresses());
    auto& a = tree[0];
    auto& b = tree[1];
    auto& c = tree[2];
    a.sql().exec("INSERT INTO person VALUES (2, 'y', '')");
    tree.sync_all();
    hold_pulls(b);
    hold_pulls(c);
    c.sql().exec("UPDATE person SET mail = 'x' WHERE nr = 2");
    b.sql().exec("INSERT INTO person VALUES (1, 'x', '')");
    wait_value(a, "SELECT count(*) FROM person WHERE nr = 1", "1");
    advance_to(b, "pull.begun.3", "apply.before_commit.3");  // row 2 is refused: row 1 has its mail
    a.sql().exec("UPDATE person SET mail = 'w' WHERE nr = 1");
    // So that only what comes now can have it tried.
    wait_value(b,
               "SELECT now() - state_change > interval '1500 ms' FROM pg_stat_activity"
               " WHERE application_name LIKE '%held rows%' AND datname = current_database()",
               "t", 10s);
    advance_to(b, "pull.begun.1", "apply.committed.1");
    for (const auto& point : {"apply.before_commit.3", "apply.committed.1"})
        b.faults().release(point);
    release_pulls(c);
    wait_value(b, "SELECT mail FROM person WHERE nr = 2", "x", 10s);
    wait_value(b, "SELECT count(*) FROM replication.held", "0", 10s);
    tree.sync_all();
    tree.check_equal({"person"});
    wait_value(b, "SELECT count(*) <= 2 FROM replication.events", "t", 10s);
}
