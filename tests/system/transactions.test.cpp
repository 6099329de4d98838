#include "tests/support/catch.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/interleaving.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

namespace {

TreeOptions one_table(const Cluster::Settings& settings = {}) {
    TreeOptions options;
    options.schema = "CREATE TABLE item (nr bigint PRIMARY KEY, v text)";
    options.settings = settings;
    return options;
}

void finish(Tree& tree) {
    tree.sync_all();
    tree.check_equal({"item"});
    check_logs_drained(tree);
    for (const auto& node : tree.nodes())
        CHECK(losers(*node, "item").empty());
}

std::string image(Node& node) {
    return node.sql().value("SELECT coalesce(string_agg(nr || v, ' ' ORDER BY nr), '') FROM item");
}

}  // namespace

TEST_CASE("of savepoints only what was kept is replicated") {
    auto tree = Tree::chain(2, one_table());
    tree[0].sql().exec("INSERT INTO item VALUES (1, 'a'), (2, 'a'), (3, 'a')");
    tree.sync_all();
    tree[0].sql().exec(
        "BEGIN; INSERT INTO item VALUES (4, 'b'); UPDATE item SET v = 'b' WHERE nr = 1;"
        "SAVEPOINT one; INSERT INTO item VALUES (5, 'lost'); UPDATE item SET v = 'lost' WHERE nr IN (1, 2); DELETE "
        "FROM item WHERE nr = 3;"
        "SAVEPOINT two; DELETE FROM item WHERE nr = 4; RELEASE two; ROLLBACK TO one;"
        "SAVEPOINT three; INSERT INTO item VALUES (6, 'b'); UPDATE item SET v = 'c' WHERE nr = 2; RELEASE three; "
        "COMMIT");
    finish(tree);
    CHECK(image(tree[1]) == "1b 2c 3a 4b 6b");
}

TEST_CASE("a subtransaction that an exception rolled back leaves nothing at the other end") {
    auto tree = Tree::chain(2, one_table());
    tree[0].sql().exec("INSERT INTO item VALUES (1, 'a'), (2, 'a')");
    tree.sync_all();
    tree[0].sql().exec(
        "DO $$ BEGIN UPDATE item SET v = 'b' WHERE nr = 1;"
        " BEGIN UPDATE item SET v = 'lost' WHERE nr = 2; INSERT INTO item VALUES (3, 'lost'), (1, 'twice');"
        " EXCEPTION WHEN unique_violation THEN INSERT INTO item VALUES (4, 'b'); END; END $$");
    finish(tree);
    CHECK(image(tree[1]) == "1b 2a 4b");
}

TEST_CASE(
    "a subtransaction's rows go with its whole transaction, though its own number is higher than those already "
    "pulled") {
    auto tree = Tree::chain(2, one_table());
    tree[0].sql().exec("INSERT INTO item VALUES (1, 'a')");
    tree.sync_all();
    Database early(tree[0].conninfo());
    early.exec("BEGIN; SELECT pg_current_xact_id(); SAVEPOINT s");
    tree[0].sql().exec("INSERT INTO item VALUES (2, 'a')");
    wait_until(30s, "the other row is there", [&] { return image(tree[1]) == "1a 2a"; });
    early.exec("UPDATE item SET v = 'b' WHERE nr = 1; INSERT INTO item VALUES (3, 'b'); RELEASE s; COMMIT");
    finish(tree);
    CHECK(image(tree[1]) == "1b 2a 3b");
}

TEST_CASE("prepared transactions are replicated when they are committed, and not when they are rolled back") {
    auto tree = Tree::chain(2, one_table({{"max_prepared_transactions", "10"}}));
    auto& sql = tree[0].sql();
    sql.exec("INSERT INTO item VALUES (1, 'a'), (2, 'a'), (3, 'a')");
    tree.sync_all();
    sql.exec(
        "BEGIN; UPDATE item SET v = 'b' WHERE nr = 1; INSERT INTO item VALUES (4, 'b'); PREPARE TRANSACTION 'kept'");
    sql.exec(
        "BEGIN; UPDATE item SET v = 'lost' WHERE nr = 2; INSERT INTO item VALUES (5, 'lost'); PREPARE TRANSACTION "
        "'lost'");
    sql.exec("UPDATE item SET v = 'c' WHERE nr = 3");
    tree[1].sql().exec("INSERT INTO item VALUES (6, 'there')");
    wait_until(30s, "what is committed is there", [&] { return image(tree[1]) == "1a 2a 3c 6there"; });
    tree.sync_all();  // does not wait for what is only prepared
    CHECK(image(tree[1]) == "1a 2a 3c 6there");
    SECTION("over a restart of the server") {
        tree.cluster().crash();
        tree.cluster().start();
    }
    SECTION("at once") {}
    tree[0].sql().exec("ROLLBACK PREPARED 'lost'");
    tree[0].sql().exec("COMMIT PREPARED 'kept'");
    finish(tree);
    CHECK(image(tree[1]) == "1b 2a 3c 4b 6there");
}

TEST_CASE("a prepared transaction holds up its rows where changes are applied, and nothing is lost when it commits") {
    auto tree = Tree::chain(2, one_table({{"max_prepared_transactions", "10"}}));
    tree[0].sql().exec("INSERT INTO item VALUES (1, 'a'), (2, 'a')");
    tree.sync_all();
    tree[1].sql().exec("BEGIN; UPDATE item SET v = 'prepared' WHERE nr = 1; PREPARE TRANSACTION 'p'");
    hold_pulls(tree[1]);
    tree[0].sql().exec("UPDATE item SET v = 'b'");
    release_pulls(tree[1]);
    Database observer(tree[1].conninfo());
    wait_until(30s, "the daemon waits for the row", [&] {
        return observer.number(
                   "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                   " AND application_name = 'trompd apply from a' AND wait_event_type = 'Lock'") > 0;
    });
    tree[1].sql().exec("COMMIT PREPARED 'p'");
    tree.sync_all();
    tree.check_equal({"item"});
    CHECK(image(tree[0]) == "1b 2b");  // the later one
    CHECK(losers(tree[1], "item") == std::vector<std::string>{"update_origin_differs [1] prepared"});
    check_logs_drained(tree);
}
