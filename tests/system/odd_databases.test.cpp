#include "tests/support/catch.hpp"
#include "tests/support/tree.hpp"
#include "tests/support/twin.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/ask.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

/// Databases that are not what the configuration says: each is named in a message that says what to do, and the daemon
/// goes on by itself once that was done.
namespace {

const char* const item_table = "CREATE TABLE item (nr bigint PRIMARY KEY, name text)";

TreeOptions with_items(bool start = true) {
    TreeOptions options;
    options.schema = item_table;
    options.start = start;
    return options;
}

void check_flows(Tree& tree) {
    tree[0].sql().exec("INSERT INTO item SELECT coalesce(max(nr), 0) + 1, 'of a' FROM item");
    tree.sync_all();
    tree.check_equal({"item"});
}

}  // namespace

TEST_CASE("a daemon whose own database is without init says so and starts when init was run") {
    auto tree = Tree::chain(2, with_items(false));
    tree[0].init_ok();
    tree.start_all();
    wait_said(tree[1], "is not initialised for replication; run trompctl");
    CHECK(tree[1].ctl({"status"}).exit_code != 0);
    wait_error(tree[0], tree[1], "trompctl init");
    tree[1].init_ok();
    check_flows(tree);
}

TEST_CASE("a daemon whose own database belongs to another node says so and touches nothing") {
    Cluster cluster;
    Node right(cluster, 1, "a");
    right.sql().exec(item_table);
    right.init_ok();
    Node wrong(cluster, 2, "b");
    set_own_database(wrong, right.conninfo());
    CHECK(wrong.init().exit_code == 2);
    wrong.start();
    wait_said(wrong, "database a belongs to node 1 (a)");
    CHECK_THAT(wrong.log(), contains("correct `database` or `node`"));
    CHECK(right.sql().number("SELECT count(*) FROM replication.nodes") == 1);
    wrong.stop();
}

TEST_CASE("when a daemon's own database is back, its links do not wait for the end of their back-off") {
    Cluster at_a;
    Cluster at_b;
    Node a(at_a, 1, "a");
    Node b(at_b, 2, "b");
    const LinkOptions patient{.extra = "retry: {first: 10m, max: 10m}\n"};
    a.link(b, patient);
    b.link(a, patient);
    for (auto* const node : {&a, &b}) {
        node->sql().exec(item_table);
        node->init_ok();
        node->start();
    }
    REQUIRE(a.sync().exit_code == 0);
    at_b.stop();
    wait_said(b, "link=a state=backing_off");
    wait_said(b, "own database");
    a.sql().exec("INSERT INTO item VALUES (7, 'while b was down')");
    at_b.start();
    wait_value(b, "SELECT count(*) FROM item WHERE nr = 7", "1", 10s);
}

TEST_CASE("a neighbour's address that leads to another node is named and nothing is read from there") {
    auto tree = Tree::star(3, with_items());
    tree.sync_all();
    auto& b = tree[1];
    b.link(tree[0], {.conninfo = tree[2].conninfo()});
    b.restart();
    wait_error(b, tree[0], "node 3, not node 1");
    CHECK(b.state(tree[0]) == "failed");
    tree[2].sql().exec("INSERT INTO item VALUES (99, 'of c')");
    b.link(tree[0]);
    b.restart();
    check_flows(tree);
}

TEST_CASE("a newer schema is refused by the daemon, the tool and the neighbour, and flows again with the right one") {
    auto tree = Tree::chain(2, with_items());
    auto& a = tree[0];
    auto& b = tree[1];
    tree.sync_all();
    a.stop();
    const auto version = a.sql().value("SELECT value FROM replication.config WHERE key = 'schema_version'");
    a.sql().exec("UPDATE replication.config SET value = '1000' WHERE key = 'schema_version'");
    a.start();
    wait_said(a, "has version 1000, made by a newer pg_trompe; upgrade this program");
    const auto init = a.init();
    CHECK(init.exit_code == 1);
    CHECK_THAT(init.err, contains("newer pg_trompe"));
    // A link that stands finds out when it is made anew.
    b.restart();
    wait_error(b, a, "version 1000 at a");
    a.sql().exec("UPDATE replication.config SET value = '" + version + "' WHERE key = 'schema_version'");
    check_flows(tree);
}

TEST_CASE("a standby is not read from, and its promotion is not taken for the same database") {
    auto tree = Tree::chain(2, with_items());
    auto& a = tree[0];
    auto& b = tree[1];
    tree.sync_all();
    Twin standby(tree.cluster(), Twin::Kind::standby);
    b.link(a, {.conninfo = standby.conninfo("a")});
    b.restart();
    wait_error(b, a, "is a standby, which cannot be read from");
    CHECK(b.state(a) == "failed");
    a.sql().exec("INSERT INTO item VALUES (1, 'not through the standby')");
    CHECK(b.sql().number("SELECT count(*) FROM item") == 0);
    standby.promote();
    wait_error(b, a, "changed its timeline");
    CHECK(b.sql().number("SELECT count(*) FROM item") == 0);
    b.link(a);
    b.restart();
    check_flows(tree);
    CHECK(b.sql().number("SELECT count(*) FROM item") == 2);
}

TEST_CASE("a daemon whose own database is a standby says so and goes on when it has the primary") {
    auto tree = Tree::chain(2, with_items());
    auto& b = tree[1];
    tree.sync_all();
    Twin standby(tree.cluster(), Twin::Kind::standby);
    b.stop();
    set_own_database(b, standby.conninfo("b"));
    const auto init = b.init();
    CHECK(init.exit_code == 1);
    CHECK_THAT(init.err, contains("standby"));
    b.start();
    wait_said(b, "is on a standby, where nothing can be written");
    b.stop();
    b.write_config();
    b.start();
    check_flows(tree);
}

TEST_CASE("a neighbour whose database was set up anew is compared, and not read with the old position") {
    auto tree = Tree::chain(2, with_items());
    auto& a = tree[0];
    auto& b = tree[1];
    a.sql().exec("INSERT INTO item VALUES (1, 'one')");
    tree.sync_all();
    a.stop();
    REQUIRE(a.ctl({"uninit"}).exit_code == 0);
    a.init_ok();
    a.start();
    check_flows(tree);
    a.stop();
    REQUIRE(a.ctl({"uninit"}).exit_code == 0);
    a.sql().exec("INSERT INTO item VALUES (10, 'not captured')");
    a.init_ok();
    a.start();
    CHECK_THAT(wait_error(b, a, "hold different rows"), contains("trompctl join a"));
}
