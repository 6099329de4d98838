#include "tests/support/catch.hpp"
#include "tests/system/ask.hpp"
#include "tests/system/interleaving.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

/// Ends that are still to compare their tables compare what is in them then. So the rows that a TRUNCATE deletes before
/// are told one by one, where no event tells of them.
namespace {

const char* const filled =
    "CREATE TABLE item (nr int PRIMARY KEY, v text); INSERT INTO item SELECT i, 'old' FROM generate_series(1, 5) i;";

TreeOptions not_started(const std::string& schema) {
    TreeOptions options;
    options.schema = schema;
    options.start = false;
    return options;
}

std::string rows(Node& node, const std::string& table = "item") {
    return node.sql().value("SELECT coalesce(string_agg(nr || v, ' ' ORDER BY nr), '') FROM " + table);
}

/// All ends equal. That a row was changed elsewhere is a conflict, which its delete has lost.
void check_ends(Tree& tree) {
    tree.sync_all();
    tree.check_equal({"item"});
    check_logs_drained(tree);
    const auto lost = losers(tree[tree.size() - 1], "item");
    CHECK((lost.empty() || (lost.size() == 1 && lost[0].ends_with(" -"))));
}

const char* const actions = "SELECT string_agg(action || key, ' ' ORDER BY id) FROM replication.log";

}  // namespace

TEST_CASE("a TRUNCATE before the first contact arrives with it, and spares what only the other end knows") {
    auto tree = Tree::chain(2, not_started(filled));
    tree.init_all();
    tree[0].sql().exec("INSERT INTO item VALUES (6, 'of a'); UPDATE item SET v = 'of a' WHERE nr = 2; TRUNCATE item");
    CHECK(tree[0].sql().value(actions) == "I[6] U[2] D[1] D[3] D[4] D[5] T[]");
    tree[1].sql().exec("UPDATE item SET v = 'of b' WHERE nr = 1; INSERT INTO item VALUES (7, 'of b')");
    tree.start_all();
    check_ends(tree);
    CHECK(rows(tree[0]) == "1of b 7of b");
}

TEST_CASE("a TRUNCATE before the first contact deletes nothing that its node never had") {
    auto tree = Tree::chain(2, not_started("CREATE TABLE item (nr int PRIMARY KEY, v text);"));
    tree[1].sql().exec("INSERT INTO item SELECT i, 'production' FROM generate_series(1, 5) i");
    tree.init_all();
    tree[0].sql().exec("INSERT INTO item VALUES (1, 'test'); TRUNCATE item");
    tree.start_all();
    wait_error(tree[1], tree[0], "a join is needed");
    CHECK(tree[1].sql().number("SELECT count(*) FROM item") == 5);
}

TEST_CASE("a TRUNCATE that is forwarded reaches one who is still to compare") {
    auto tree = Tree::chain(3, not_started(filled));
    tree.init_all();
    tree[0].start();
    tree[1].start();
    REQUIRE(tree[0].sync().exit_code == 0);
    tree[0].sql().exec("TRUNCATE item; INSERT INTO item VALUES (1, 'new')");
    wait_value(tree[1], "SELECT count(*) FROM item", "1");
    tree[2].sql().exec("UPDATE item SET v = 'of c' WHERE nr = 4");
    tree[2].start();
    check_ends(tree);
    CHECK(rows(tree[0]) == "1new 4of c");
}

TEST_CASE("a TRUNCATE of a table that both ends have just added arrives") {
    auto tree = Tree::chain(2, not_started(filled));
    tree.init_all();
    tree.start_all();
    tree.sync_all();
    for (const auto& node : tree.nodes()) {
        node->sql().exec(
            "CREATE TABLE late (place text PRIMARY KEY, v text); INSERT INTO late VALUES ('x', 'old'), ('y', 'old')");
        node->init_ok();
    }
    tree[0].sql().exec("TRUNCATE late, item; INSERT INTO late VALUES ('y', 'new')");
    check_settled(tree, {"late", "item"});
    CHECK(tree[1].sql().value("SELECT string_agg(place || v, ' ') FROM late") == "ynew");
    // Now all is compared.
    tree[1].stop();
    const auto last = tree[0].sql().value("SELECT last_value FROM replication.event_id");
    tree[0].sql().exec("TRUNCATE late, item");
    CHECK(tree[0].sql().value(std::string(actions) + " WHERE id > " + last) == "T[] T[]");
    tree[1].start();
    check_settled(tree, {"late", "item"});
}

TEST_CASE("a daemon that runs while init upgrades one of its databases reads nothing more") {
    auto tree = Tree::chain(2, not_started(filled));
    tree.init_all();
    tree.start_all();
    tree.sync_all();
    const bool source = GENERATE(true, false);
    CAPTURE(source);
    auto& upgraded = tree[source ? 0 : 1].sql();
    const std::string by = "UPDATE replication.config SET value = value::int + ";
    upgraded.exec(by + "1 WHERE key = 'schema_version'");
    tree[0].sql().exec("UPDATE item SET v = 'new' WHERE nr = 1");
    wait_error(tree[1], tree[0], "version");
    CHECK(rows(tree[1]) == "1old 2old 3old 4old 5old");
    upgraded.exec(by + "-1 WHERE key = 'schema_version'");
    check_settled(tree, {"item"});
}
