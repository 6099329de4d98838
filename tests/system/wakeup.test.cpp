#include "tests/support/catch.hpp"
#include "tests/support/tree.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/ask.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

namespace {

/// Neighbours who would not look by themselves for an hour: what comes, the wake-up has brought.
TreeOptions without_polls() {
    TreeOptions options;
    options.schema = "CREATE TABLE item (nr bigint PRIMARY KEY, name text)";
    options.nodes.poll_interval = "1h";
    return options;
}

bool is_armed(Node& node) {
    return node.sql().value("SELECT last_value FROM replication.armed") == "2";
}

/// Lets the daemon go from sleep to the next point on its way back to it.
void wake_up_to(Node& node, const std::string& point) {
    node.faults().arm(point, Faults::Action::pause);
    node.sql().exec("INSERT INTO item VALUES (1, 'alarm')");
    node.faults().wait_reached(point);
}

// A look at sleep is ten seconds apart: what comes sooner was notified.
constexpr auto promptly = 3s;

}  // namespace

TEST_CASE("a change wakes the neighbours at once, however long they would sleep") {
    auto tree = Tree::chain(3, without_polls());
    tree.sync_all();
    for (int nr = 1; nr <= 5; ++nr) {
        wait_until(promptly, "the daemon sleeps", [&] { return is_armed(tree[0]); });
        tree[0].sql().exec("INSERT INTO item VALUES (" + std::to_string(nr) + ", 'of a')");
        wait_value(tree[2], "SELECT count(*) FROM item", std::to_string(nr), promptly);
    }
}

TEST_CASE("neighbours that have nothing to tell each other are silent, after a sync too") {
    auto options = without_polls();
    options.proxied = true;
    auto tree = Tree::chain(2, options);
    tree[0].sql().exec("INSERT INTO item VALUES (1, 'of a')");
    tree[1].sql().exec("INSERT INTO item VALUES (2, 'of b')");
    tree.sync_all();
    auto& proxy = tree.proxy(0, 1);
    const auto bytes = [&proxy] { return proxy.bytes_to_client() + proxy.bytes_to_server(); };
    const auto is_silent = [&bytes] {
        const auto before = bytes();
        return !becomes_true(1s, [&] { return bytes() > before; });
    };
    wait_until(20s, "nothing goes to and fro for a second", is_silent, [&] { return tail(tree[0].log(), 20); });
    tree[1].sql().exec("INSERT INTO item VALUES (3, 'of b')");
    wait_value(tree[0], "SELECT count(*) FROM item", "3", promptly);
    wait_until(20s, "nothing goes to and fro for a second", is_silent, [&] { return tail(tree[0].log(), 20); });
}

TEST_CASE("two writers that are open while the daemon arms the wake-up are both noticed") {
    const std::string point = GENERATE("wakeup.arming", "wakeup.armed");
    const bool older_commits_first = GENERATE(true, false);
    CAPTURE(point, older_commits_first);
    auto tree = Tree::chain(2, without_polls());
    auto& a = tree[0];
    auto& b = tree[1];
    tree.sync_all();
    Database older(a.conninfo());
    Database newer(a.conninfo());
    const auto rows = [&](int expected) {
        wait_value(b, "SELECT count(*) FROM item WHERE nr > 1", std::to_string(expected), promptly);
    };
    SECTION("they have written before it arms") {
        // They saw the flag down, so they will not notify.
        wake_up_to(a, "wakeup.arming");
        older.exec("BEGIN; INSERT INTO item VALUES (2, 'older')");
        newer.exec("BEGIN; INSERT INTO item VALUES (3, 'newer')");
        if (point == "wakeup.armed") {
            a.faults().arm("wakeup.armed", Faults::Action::pause);
            a.faults().release("wakeup.arming");
            a.faults().wait_reached("wakeup.armed");
        }
        a.faults().clear();
        wait_until(promptly, "the daemon is on its way to sleep", [&] { return is_armed(a); });
        (older_commits_first ? older : newer).exec("COMMIT");
        rows(1);
        wait_until(promptly, "the flag is up", [&] { return is_armed(a); });
        (older_commits_first ? newer : older).exec("COMMIT");
        rows(2);
    }
    SECTION("they have an id before it arms, and write after it") {
        wake_up_to(a, point);
        older.exec("BEGIN; SELECT pg_current_xact_id()");
        newer.exec("BEGIN; SELECT pg_current_xact_id()");
        a.faults().clear();
        wait_until(promptly, "the flag is up", [&] { return is_armed(a); });
        older.exec("INSERT INTO item VALUES (2, 'older')");
        newer.exec("INSERT INTO item VALUES (3, 'newer')");
        (older_commits_first ? older : newer).exec("COMMIT");
        rows(1);
        (older_commits_first ? newer : older).exec("COMMIT");
        rows(2);
    }
    SECTION("they commit while it waits") {
        wake_up_to(a, point);
        older.exec("BEGIN; INSERT INTO item VALUES (2, 'older')");
        newer.exec("BEGIN; INSERT INTO item VALUES (3, 'newer')");
        (older_commits_first ? older : newer).exec("COMMIT");
        (older_commits_first ? newer : older).exec("COMMIT");
        a.faults().clear();
        rows(2);
    }
    tree.sync_all();
    tree.check_equal({"item"});
}

TEST_CASE("an old writer that never ends keeps nobody else's change waiting") {
    auto tree = Tree::chain(2, without_polls());
    auto& a = tree[0];
    tree.sync_all();
    Database old(a.conninfo());
    old.exec("BEGIN; INSERT INTO item VALUES (1, 'old')");
    for (int nr = 2; nr <= 6; ++nr) {
        wait_until(promptly, "the flag is up", [&] { return is_armed(a); });
        a.sql().exec("INSERT INTO item VALUES (" + std::to_string(nr) + ", 'new')");
        wait_value(tree[1], "SELECT count(*) FROM item", std::to_string(nr - 1), promptly);
    }
    old.exec("COMMIT");
    wait_value(tree[1], "SELECT count(*) FROM item", "6", promptly);
}

TEST_CASE("where transactions may be prepared nobody is notified, and changes come at the daemon's own pace") {
    auto options = without_polls();
    options.settings = {{"max_prepared_transactions", "5"}};
    auto tree = Tree::chain(2, options);
    auto& a = tree[0];
    tree.sync_all();
    CHECK_FALSE(is_armed(a));
    a.sql().exec("BEGIN; INSERT INTO item VALUES (1, 'prepared'); PREPARE TRANSACTION 'one'");
    a.sql().exec("INSERT INTO item VALUES (2, 'meanwhile')");
    wait_value(tree[1], "SELECT count(*) FROM item", "1", promptly);
    a.sql().exec("COMMIT PREPARED 'one'");
    wait_value(tree[1], "SELECT count(*) FROM item", "2", promptly);
    tree.sync_all();
    tree.check_equal({"item"});
}
