#include "tests/support/catch.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/ask.hpp"
#include "tests/system/documents.hpp"
#include "tests/system/interleaving.hpp"
#include "tests/system/items.hpp"
#include "tests/system/verify.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

/// What is on its way is no difference, whatever verify sees of it. It looks at the two ends at different instants,
/// and:
///
/// - a change is in one end's rows and not yet in the other's: its event is unread, in the log of the first;
/// - it is made, carried over and pruned between the looks at the two ends: no log has it any more. The row is
///   another version at the next look;
/// - that happens at two looks, and the row has its old values again at the second: only its version tells;
/// - the position moves between the positions' being read and the rows': then the event counts as unread, which it was;
/// - the rows of a chunk are newer than the position: their later events are unread;
/// - a whole table is emptied, or altered, by an event of no key;
/// - a delete that met an insert is looked at again after its commit: replication.unlocked has its key.
namespace {

std::string name_of(Node& node, int nr) {
    return node.sql().value("SELECT coalesce((SELECT name FROM item WHERE nr = " + std::to_string(nr) + "), '-')");
}

/// Both nodes have row 1 with the name 'old', and no events.
void begin_with_one_row(Tree& tree) {
    tree[0].sql().exec("INSERT INTO item VALUES (1, 'old')");
    tree.sync_all();
    check_logs_drained(tree);
}

void carry_over(Tree& tree, const std::string& sql) {
    tree[0].sql().exec(sql);
    tree.sync_all();
    check_logs_drained(tree);
}

/// A verify of node a that has found row 1 to differ, and is about to look at it again; by then it differs no more.
std::future<Output> stop_before_look(Tree& tree) {
    auto& a = tree[0];
    a.faults().arm("verify.look", Faults::Action::pause);
    hold_pulls(a);
    tree[1].sql().exec("UPDATE item SET name = 'first' WHERE nr = 1");
    auto running = begin_verify(a);
    a.faults().wait_reached("verify.look");
    release_pulls(a);
    tree.sync_all();
    check_logs_drained(tree);
    REQUIRE(name_of(a, 1) == "first");
    return running;
}

/// It has seen row 1 here, and goes on to see it there.
void go_on_to_half_look(Node& node, const std::string& from) {
    const auto before = node.sql().value("SELECT clock_timestamp()");
    node.faults().arm("verify.looked_here", Faults::Action::pause);
    node.faults().release(from);
    node.faults().wait_reached("verify.looked_here");
    // The question is sent by now. It has been answered when its session is idle again.
    wait_value(node,
               "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = "
               "'trompctl' AND state = 'idle' AND query LIKE '%jsonb_hash_extended(x.entry%' AND query_start > '" +
                   before + "'",
               "1");
}

void check_nothing_reported(std::future<Output>& running) {
    const auto output = running.get();
    INFO(output.out << output.err);
    CHECK(output.exit_code == 0);
    CHECK(figures(verdict(boost::json::parse(output.out), "public.item")) == "0, 0, 0, 0, 0");
}

}  // namespace

TEST_CASE("a change that is made, carried over and pruned between the looks at two ends is no difference") {
    auto tree = Tree::chain(2, with_items());
    begin_with_one_row(tree);
    auto running = stop_before_look(tree);
    go_on_to_half_look(tree[0], "verify.look");
    SECTION("an update") {
        carry_over(tree, "UPDATE item SET name = 'second' WHERE nr = 1");
    }
    SECTION("a delete") {
        carry_over(tree, "DELETE FROM item WHERE nr = 1");
    }
    SECTION("a TRUNCATE") {
        carry_over(tree, "TRUNCATE item");
    }
    tree[0].faults().release("verify.looked_here");
    check_nothing_reported(running);
}

TEST_CASE("a row that is changed there and back between all looks is no difference") {
    auto tree = Tree::chain(2, with_items());
    begin_with_one_row(tree);
    auto running = stop_before_look(tree);
    std::string change = "UPDATE item SET name = 'second' WHERE nr = 1";
    std::string back = "UPDATE item SET name = 'first' WHERE nr = 1";
    SECTION("an update") {}
    SECTION("a delete") {
        change = "DELETE FROM item WHERE nr = 1";
        back = "INSERT INTO item VALUES (1, 'first')";
    }
    go_on_to_half_look(tree[0], "verify.look");
    carry_over(tree, change);
    // The second look sees what the first one saw: 'first' here, the change there.
    tree[0].faults().arm("verify.look", Faults::Action::pause);
    tree[0].faults().release("verify.looked_here");
    tree[0].faults().wait_reached("verify.look");
    carry_over(tree, back);
    go_on_to_half_look(tree[0], "verify.look");
    carry_over(tree, change);
    tree[0].faults().release("verify.looked_here");
    check_nothing_reported(running);
}

TEST_CASE("a position that moves while verify looks does no harm") {
    auto tree = Tree::chain(2, with_items());
    begin_with_one_row(tree);
    auto& a = tree[0];
    auto running = stop_before_look(tree);
    hold_pulls(a);
    tree[1].sql().exec("UPDATE item SET name = 'second' WHERE nr = 1");
    a.faults().arm("verify.positions", Faults::Action::pause);
    a.faults().release("verify.look");
    a.faults().wait_reached("verify.positions");
    std::string expected = "0, 0, 0, 0, 0";
    SECTION("all of it before the looks") {
        release_pulls(a);
        tree.sync_all();
        a.faults().release("verify.positions");
    }
    SECTION("between the looks at the two ends") {
        go_on_to_half_look(a, "verify.positions");
        release_pulls(a);
        tree.sync_all();
        a.faults().release("verify.looked_here");
    }
    const auto output = running.get();
    INFO(output.out << output.err);
    CHECK(output.exit_code == 0);
    const auto found = figures(verdict(boost::json::parse(output.out), "public.item"));
    CHECK((found == "0, 0, 0, 0, 0" || found == "0, 0, 0, 0, 1"));
}

TEST_CASE("changes that wait while no daemon runs are told, and are no difference") {
    auto tree = Tree::chain(2, with_items());
    auto& a = tree[0];
    auto& b = tree[1];
    a.sql().exec("INSERT INTO item SELECT i, 'row ' || i FROM generate_series(1, 100) i");
    tree.sync_all();
    tree.stop_all();
    SECTION("rows, at both ends") {
        a.sql().exec("UPDATE item SET name = 'changed' WHERE nr <= 3");
        b.sql().exec("DELETE FROM item WHERE nr IN (3, 50); INSERT INTO item VALUES (101, 'new')");
        CHECK(figures(verdict(verify(a, 0), "public.item")) == "0, 0, 0, 0, 5");
        CHECK(figures(verdict(verify(b, 0), "public.item")) == "0, 0, 0, 0, 5");
        const auto output = a.ctl({"verify"});
        CHECK_THAT(output.out, contains("equal\n5 rows are still on the way, and not counted as different"));
        behind_its_back(b, "UPDATE item SET name = 'other' WHERE nr IN (2, 77)");
        const auto table = verdict(verify(a, 1), "public.item");
        CHECK(figures(table) == "0, 0, 1, 0, 5");
        CHECK(differing(table) == std::vector<std::string>{"[77] different"});
    }
    SECTION("a TRUNCATE") {
        a.sql().exec("TRUNCATE item; INSERT INTO item VALUES (200, 'new')");
        CHECK(figures(verdict(verify(b, 0), "public.item")) == "0, 0, 0, 0, 101");
    }
    SECTION("a statement that changes rows") {
        a.sql().exec("SELECT replication.ddl('ALTER TABLE item ALTER name TYPE text USING upper(name)')");
        CHECK(figures(verdict(verify(b, 0), "public.item")) == "0, 0, 0, 0, 100");
    }
    SECTION("what is known to be looked at again") {
        behind_its_back(a, "DELETE FROM item WHERE nr IN (1, 2)");
        a.sql().exec("INSERT INTO replication.unlocked SELECT 2, id, 1, NULL, '{}' FROM replication.tables");
        CHECK(figures(verdict(verify(a, 1), "public.item")) == "1, 0, 0, 0, 1");
        a.sql().exec("DELETE FROM replication.unlocked");
        CHECK(figures(verdict(verify(a, 1), "public.item")) == "2, 0, 0, 0, 0");
        return;
    }
    tree.start_all();
    tree.sync_all();
}

TEST_CASE("a table that waits by itself has a position of its own") {
    auto tree = Tree::chain(2, with_items());
    auto& a = tree[0];
    auto& b = tree[1];
    for (const auto& node : tree.nodes())
        node->sql().exec("CREATE TABLE other (nr int PRIMARY KEY, v text)");
    for (const auto& node : tree.nodes()) {
        node->init_ok();
        node->restart();
    }
    tree.sync_all();
    b.sql().exec("ALTER TABLE item ALTER nr TYPE int; SELECT replication.follow_schema()");
    a.sql().exec("INSERT INTO item VALUES (1, 'waits'); INSERT INTO other VALUES (1, 'goes')");
    wait_value(b, "SELECT count(*) FROM other", "1");
    wait_value(b, "SELECT count(*) FROM replication.held_tables", "1");
    CHECK_THAT(std::string(verdict(verify(a, 1), "public.item").at("error").as_string()), contains("column nr is"));
    tree.stop_all();
    b.sql().exec("ALTER TABLE item ALTER nr TYPE bigint; SELECT replication.follow_schema()");
    CHECK(figures(verdict(verify(a, 0), "public.item")) == "0, 0, 0, 0, 1");
    CHECK(figures(verdict(verify(b, 0), "public.other")) == "0, 0, 0, 0, 0");
}

TEST_CASE("verify compares large objects by their content") {
    auto tree = Tree::chain(2, with_documents());
    auto& a = tree[0];
    auto& b = tree[1];
    b.sql().exec("SELECT lo_create(0) FROM generate_series(1, 5); SELECT lo_unlink(oid) FROM pg_largeobject_metadata");
    a.sql().exec(
        "INSERT INTO document VALUES (1, 'one', lo_from_bytea(0, 'content'), NULL), (2, 'two', lo_from_bytea(0, "
        "'more'), NULL)");
    tree.sync_all();
    CHECK(figures(verdict(verify(a, 0), "public.document")) == "0, 0, 0, 0, 0");
    b.sql().exec("SELECT lo_put(lo, 0, 'C') FROM document WHERE id = 1");
    const auto table = verdict(verify(a, 1), "public.document");
    CHECK(differing(table) == std::vector<std::string>{"[1] different"});
}

TEST_CASE("a table that is altered while verify compares it is compared anew") {
    auto tree = Tree::chain(2, with_items());
    auto& a = tree[0];
    a.sql().exec("INSERT INTO item SELECT i, 'row ' || i FROM generate_series(1, 100) i");
    tree.sync_all();
    a.faults().arm("verify.span", Faults::Action::pause);
    auto running = begin_verify(a);
    a.faults().wait_reached("verify.span");
    for (const auto& node : tree.nodes())
        node->sql().exec("ALTER TABLE item RENAME name TO title; SELECT replication.follow_schema()");
    a.faults().release("verify.span");
    check_nothing_reported(running);
}

TEST_CASE("Ctrl-C ends a verify at once") {
    auto tree = Tree::chain(2, with_items());
    auto& a = tree[0];
    a.sql().exec("INSERT INTO item VALUES (1, 'one')");
    tree.sync_all();
    // A table that is locked at the neighbour keeps it waiting.
    tree[1].sql().exec("BEGIN; LOCK TABLE item");
    TempDir dir;
    Process process({TROMP_BINARY_DIR "/trompctl", "--config", a.config().string(), "verify"}, dir.path(), "verify");
    Database observer(tree[1].conninfo());
    wait_until(20s, "verify waits", [&] {
        return observer.number(
                   "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'trompctl verify' AND "
                   "wait_event_type = 'Lock'") > 0;
    });
    process.kill(SIGINT);
    const auto exit = process.wait_exit(5s);
    REQUIRE(exit);
    CHECK(*exit == 130);
    CHECK(process.err() == "trompctl: interrupted; nothing was changed\n");
    tree[1].sql().exec("ROLLBACK");
}
