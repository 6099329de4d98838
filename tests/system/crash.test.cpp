#include "tests/support/catch.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/interleaving.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

namespace {

const char* const schema = "CREATE TABLE item (nr bigint PRIMARY KEY, v text, times int NOT NULL DEFAULT 1)";
constexpr int killed = -SIGKILL;

/// Keys of one round; those of rounds do not overlap.
struct Keys {
    long long first;
    std::string operator[](int offset) const { return std::to_string(first + offset); }
};

void prepare(Node& node, const Keys& k) {
    node.sql().exec("INSERT INTO item SELECT " + k[0] + " + i, 'old' FROM generate_series(0, 5) i");
}

/// New rows, a change, a delete and a changed key; and for keys 1, 2 and 9 what the other end contradicts.
void change_at_a(Node& node, const Keys& k) {
    auto& sql = node.sql();
    sql.exec("INSERT INTO item SELECT " + k[10] + " + i, 'new at a' FROM generate_series(0, 9) i");
    sql.exec("UPDATE item SET v = 'changed at a' WHERE nr IN (" + k[0] + "," + k[1] + ")");
    sql.exec("DELETE FROM item WHERE nr IN (" + k[2] + "," + k[3] + ")");
    sql.exec("UPDATE item SET nr = " + k[20] + ", v = 'moved at a' WHERE nr = " + k[4]);
    sql.exec("INSERT INTO item VALUES (" + k[9] + ", 'made at a')");
}

void change_at_b(Node& node, const Keys& k) {
    auto& sql = node.sql();
    sql.exec("INSERT INTO item SELECT " + k[30] + " + i, 'new at b' FROM generate_series(0, 9) i");
    sql.exec("UPDATE item SET v = 'changed at b', times = times + 1 WHERE nr IN (" + k[1] + "," + k[2] + "," + k[5] +
             ")");
    sql.exec("INSERT INTO item VALUES (" + k[9] + ", 'made at b')");
}

void check_outcome(Tree& tree, const Keys& k) {
    const auto range = " nr >= " + k[0] + " AND nr < " + k[100];
    for (const auto& node : tree.nodes()) {
        INFO(node->name() << ":\n" << table_image(node->sql(), "(SELECT * FROM item WHERE" + range + ")"));
        auto& sql = node->sql();
        CHECK(sql.number("SELECT count(*) FROM item WHERE" + range) == 25);
        CHECK(sql.value("SELECT v FROM item WHERE nr = " + k[0]) == "changed at a");
        CHECK(sql.value("SELECT v || times FROM item WHERE nr = " + k[1]) == "changed at b2");
        CHECK(sql.value("SELECT v || times FROM item WHERE nr = " + k[5]) == "changed at b2");
        CHECK(sql.number("SELECT count(*) FROM item WHERE nr IN (" + k[2] + "," + k[3] + "," + k[4] + ")") == 0);
        CHECK(sql.value("SELECT v FROM item WHERE nr = " + k[20]) == "moved at a");
        CHECK(sql.value("SELECT v FROM item WHERE nr = " + k[9]) == "made at b");
    }
}

/// A node that decided recorded each of the three conflicts once, and somebody decided.
void check_conflicts(Tree& tree, const Keys& k) {
    const std::vector<std::string> at_b = {"delete_origin_differs [" + k[2] + "] changed at b",
                                           "insert_exists [" + k[9] + "] made at a",
                                           "update_origin_differs [" + k[1] + "] changed at a"};
    const std::vector<std::string> at_a = {"insert_exists [" + k[9] + "] made at a",
                                           "update_deleted [" + k[2] + "] changed at b",
                                           "update_origin_differs [" + k[1] + "] changed at a"};
    const auto found_a = losers(tree[0], "item", k.first);
    const auto found_b = losers(tree[1], "item", k.first);
    const auto decided_a = found_a == at_a;
    const auto decided_b = found_b == at_b;
    CAPTURE(found_a, found_b);
    CHECK((decided_a || found_a.empty()));
    CHECK((decided_b || found_b.empty()));
    CHECK((decided_a || decided_b));
    for (std::size_t other = 2; other < tree.size(); ++other)
        CHECK(losers(tree[other], "item", k.first).empty());
}

void require_killed(Node& node, const std::string& point) {
    INFO("at " << point << ": " << tail(node.log(), 10));
    REQUIRE(node.wait_exit(30s) == killed);
    REQUIRE(node.faults().is_reached(point));
    node.faults().clear();
}

}  // namespace

TEST_CASE("a daemon killed between any two steps of a batch loses nothing and does nothing twice") {
    TreeOptions options;
    options.schema = schema;
    auto tree = Tree::chain(3, options);  // b forwards to c
    Keys k{1000};
    for (const auto& point : batch_points()) {
        CAPTURE(point);
        prepare(tree[0], k);
        tree.sync_all();
        tree[0].stop();
        tree[1].stop();
        change_at_a(tree[0], k);
        change_at_b(tree[1], k);
        const auto killing = point + ".1";
        tree[1].faults().arm(killing, Faults::Action::kill);
        tree[1].launch();
        require_killed(tree[1], killing);
        if (point == "apply.committed") CHECK(losers(tree[1], "item", k.first).size() == 3);
        if (point != "apply.committed" && point != "apply.commit_sent") {
            CHECK(losers(tree[1], "item", k.first).empty());
            CHECK(tree[1].sql().value("SELECT v FROM item WHERE nr = " + k[0]) == "old");
        }
        tree[0].start();
        tree[1].start();
        tree.sync_all();
        tree.check_equal({"item"});
        check_outcome(tree, k);
        check_conflicts(tree, k);
        check_logs_drained(tree);
        k.first += 1000;
    }
}

TEST_CASE("both daemons of a link killed at the same step lose nothing and do nothing twice") {
    TreeOptions options;
    options.schema = schema;
    auto tree = Tree::chain(2, options);
    Keys k{1000};
    for (const auto& point : batch_points()) {
        CAPTURE(point);
        prepare(tree[0], k);
        tree.sync_all();
        for (const auto& node : tree.nodes())
            node->stop();
        change_at_a(tree[0], k);
        change_at_b(tree[1], k);
        // Each waits at the step until the other is there too.
        for (const auto& node : tree.nodes()) {
            node->faults().arm(point, Faults::Action::pause);
            node->launch();
        }
        for (const auto& node : tree.nodes())
            node->faults().wait_reached(point);
        for (const auto& node : tree.nodes()) {
            node->kill();
            node->faults().clear();
        }
        tree.start_all();
        tree.sync_all();
        tree.check_equal({"item"});
        check_outcome(tree, k);
        check_conflicts(tree, k);
        check_logs_drained(tree);
        k.first += 1000;
    }
}

TEST_CASE("a daemon killed while it arms the wake-up misses nothing that is written before it is back") {
    TreeOptions options;
    options.schema = schema;
    auto tree = Tree::chain(2, options);
    long long nr = 0;
    for (const std::string point : {"wakeup.arming", "wakeup.armed"}) {
        CAPTURE(point);
        tree[0].faults().arm(point, Faults::Action::kill);
        tree[0].sql().exec("INSERT INTO item VALUES (" + std::to_string(++nr) + ", 'before')");  // ends its sleep
        require_killed(tree[0], point);
        tree[0].sql().exec("INSERT INTO item VALUES (" + std::to_string(++nr) + ", 'while it is dead')");
        wait_until(10s, "b polls for it", [&] { return tree[1].sql().number("SELECT count(*) FROM item") == nr; });
        tree[0].start();
        tree.sync_all();
        tree.check_equal({"item"});
        check_logs_drained(tree);
    }
}

TEST_CASE("a batch whose answer to COMMIT is lost is applied once") {
    TreeOptions options;
    options.schema = schema;
    auto tree = Tree::chain(3, options);
    Keys k{1000};
    prepare(tree[0], k);
    tree.sync_all();
    tree[0].stop();
    tree[2].stop();  // so that what b forwards stays in its log
    hold_pulls(tree[1]);
    change_at_a(tree[0], k);
    change_at_b(tree[1], k);
    tree[1].faults().arm("apply.commit_sent.1", Faults::Action::error);
    release_pulls(tree[1]);
    tree[1].faults().wait_reached("apply.commit_sent.1");
    tree[1].faults().clear();
    wait_until(30s, "b streams again", [&] { return tree[1].state(tree[0]) == "streaming"; });
    CHECK(losers(tree[1], "item", k.first).size() == 3);
    // One event of each key that was taken: ten new rows, one changed, two deleted, a changed key (two events). The
    // other two lost.
    CHECK(tree[1].sql().number("SELECT count(*) FROM replication.log WHERE via = 1 AND (key->>0)::bigint >= " + k[0]) ==
          15);
    tree[0].start();
    tree[2].start();
    tree.sync_all();
    tree.check_equal({"item"});
    check_outcome(tree, k);
    check_conflicts(tree, k);
    check_logs_drained(tree);
}
