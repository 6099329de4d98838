#include <boost/json.hpp>

#include "tests/support/catch.hpp"
#include "tests/support/tree.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/ask.hpp"
#include "tests/system/items.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

namespace {

const std::string trompd = std::string(TROMP_BINARY_DIR) + "/trompd";
const char* const many_rows = "INSERT INTO item SELECT i, repeat('x', 50) FROM generate_series(1, 100000) i";

}  // namespace

TEST_CASE("SIGTERM in any step of a large batch ends the daemon in time and loses nothing") {
    auto tree = Tree::chain(2, with_items());
    auto& a = tree[0];
    auto& b = tree[1];
    tree.sync_all();
    a.sql().exec(many_rows);
    for (const char* const step : {"pull.begun", "stage.events", "stage.rows", "stage.done", "apply.locked",
                                   "apply.looked", "apply.merged", "apply.before_commit"}) {
        INFO(step);
        if (!b.is_running()) b.start();
        b.faults().arm(step, Faults::Action::pause);
        a.sql().exec("UPDATE item SET name = 'touched' WHERE nr = 1");
        b.faults().wait_reached(step);
        b.stop();
        b.faults().release(step);
        // The first of these batches still holds all; nothing of one that was stopped stays.
        const auto there = b.sql().number("SELECT count(*) FROM item");
        CHECK((there == 0 || there == 100000));
    }
    b.start();
    tree.sync_all();
    tree.check_equal({"item"});
    CHECK(b.sql().number("SELECT count(*) FROM item") == 100000);
    CHECK(b.sql().number("SELECT count(*) FROM replication.conflicts") == 0);
}

TEST_CASE("SIGTERM in the middle of a transfer ends the daemon in time and loses nothing") {
    auto options = with_items();
    options.proxied = true;
    auto tree = Tree::chain(2, options);
    auto& b = tree[1];
    tree.sync_all();
    auto& proxy = tree.proxy(0, 1);
    proxy.limit(500'000);
    const auto before = proxy.bytes_to_client();
    tree[0].sql().exec(many_rows);
    wait_until(20s, "a part has come", [&] { return proxy.bytes_to_client() > before + 500'000; });
    b.stop();
    CHECK(b.sql().number("SELECT count(*) FROM item") == 0);
    proxy.pass();
    b.start();
    tree.sync_all();
    tree.check_equal({"item"});
}

TEST_CASE("SIGTERM while a user holds a row of the batch ends the daemon in time and leaves him alone") {
    auto tree = Tree::chain(2, with_items());
    auto& b = tree[1];
    tree[0].sql().exec("INSERT INTO item VALUES (1, 'before')");
    tree.sync_all();
    Database user(b.conninfo());
    user.exec("BEGIN; SELECT FROM item WHERE nr = 1 FOR UPDATE");
    tree[0].sql().exec("UPDATE item SET name = 'of a'");
    wait_until(10s, "the daemon waits for the row", [&] {
        return b.sql().number(
                   "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND "
                   "application_name LIKE 'trompd apply%'") == 1;
    });
    b.stop();
    user.exec("UPDATE item SET name = 'of the user'; COMMIT");
    b.start();
    tree.sync_all();
    tree.check_equal({"item"});
    CHECK(b.sql().value("SELECT name FROM item") == "of the user");
}

TEST_CASE("SIGHUP takes a new neighbour and a new log level from the file") {
    auto tree = Tree::star(3, with_items());
    auto& a = tree[0];
    auto& c = tree[2];
    tree.sync_all();
    c.sql().exec("INSERT INTO item VALUES (1, 'of c')");
    tree.sync_all();
    CHECK_THAT(a.log(), contains(" debug "));
    // a and c part, and become neighbours again.
    a.unlink(c);
    a.options().log_level = "info";
    a.write_config();
    a.reload();
    wait_said(a, "the configuration was read again");
    const auto said = a.log().size();
    wait_until(10s, "a reads c no more", [&] {
        return a.sql().number(
                   "SELECT count(*) FROM pg_stat_activity WHERE datname = 'c' AND application_name LIKE "
                   "'trompd %for a'") == 0;
    });
    c.sql().exec("INSERT INTO item VALUES (2, 'of c')");
    tree[1].sql().exec("INSERT INTO item VALUES (3, 'of b')");
    wait_value(a, "SELECT count(*) FROM item", "2");
    a.link(c);
    a.reload();
    wait_value(a, "SELECT count(*) FROM item", "3", 5s);
    tree.sync_all();
    CHECK(a.log().substr(said).find(" debug ") == std::string::npos);
    tree.check_equal({"item"});
}

TEST_CASE("SIGHUP with a bad configuration is reported, and the old one stays") {
    auto tree = Tree::chain(2, with_items());
    auto& a = tree[0];
    tree.sync_all();
    write_file(a.config(), read_file(a.config()) + "\nneighbors: []\n");
    a.reload();
    wait_said(a, "the configuration stays as it was");
    CHECK_THAT(a.log(), contains("neighbours"));  // the nearest known key
    tree[1].sql().exec("INSERT INTO item VALUES (1, 'still flows')");
    wait_value(a, "SELECT count(*) FROM item", "1");
    a.write_config();
    auto config = read_file(a.config());
    config.replace(config.find("node: 1"), 7, "node: 7");
    write_file(a.config(), config);
    a.reload();
    wait_said(a, "cannot be changed by a reload");
    tree[1].sql().exec("INSERT INTO item VALUES (2, 'still flows')");
    wait_value(a, "SELECT count(*) FROM item", "2");
    CHECK(a.is_running());
}

TEST_CASE("a second daemon on the same control socket refuses to start and leaves the first alone") {
    auto tree = Tree::chain(2, with_items());
    auto& a = tree[0];
    const auto second = run({trompd, "--config", a.config()}, {}, 10s);
    CHECK(second.exit_code == 2);
    CHECK_THAT(second.err, contains("another trompd serves") && contains("control: socket"));
    tree[1].sql().exec("INSERT INTO item VALUES (1, 'still flows')");
    tree.sync_all();
    tree.check_equal({"item"});
}

TEST_CASE("a second daemon on the same database says so, moves nothing, and takes over when the first is gone") {
    auto tree = Tree::chain(2, with_items());
    auto& a = tree[0];
    tree.sync_all();
    TempDir dir;
    auto config = read_file(a.config());
    const std::string socket = a.config().parent_path() / "trompd.sock";
    config.replace(config.find(socket), socket.size(), (dir / "second.sock").native());
    write_file(dir / "second.yaml", config);
    Process second({trompd, "--config", dir / "second.yaml"}, dir.path(), "second");
    wait_until(10s, "the second says that it is one too many",
               [&] { return second.err().find("another trompd serves this database already") != std::string::npos; });
    tree[1].sql().exec("INSERT INTO item VALUES (1, 'still flows')");
    tree.sync_all();
    tree.check_equal({"item"});
    a.stop();
    tree[1].sql().exec("INSERT INTO item VALUES (2, 'flows through the second')");
    wait_value(a, "SELECT count(*) FROM item", "2");
    second.kill(SIGTERM);
    CHECK(second.wait_exit(5s) == 0);
}

TEST_CASE("trompd --version names the program and --check tells a good file from a bad one") {
    const auto version = run({trompd, "--version"});
    CHECK(version.exit_code == 0);
    CHECK_THAT(version.out, contains("trompd 0."));
    Cluster cluster;
    Node node(cluster, 1, "a");
    const auto good = run({trompd, "--check", "--config", node.config()});
    CHECK(good.exit_code == 0);
    CHECK_THAT(good.out, contains("no errors"));
    write_file(node.config(), "node: 0\ndatabase: dbname=a\nneighbour: []\n");
    const auto bad = run({trompd, "--check", "--config", node.config()});
    CHECK(bad.exit_code == 2);
    CHECK_THAT(bad.err, contains(node.config().native() + ":1:") && contains(node.config().native() + ":3:") &&
                            contains("neighbours"));
    const auto started = run({trompd, "--config", node.config()}, {}, 10s);
    CHECK(started.exit_code == 2);
    CHECK(started.err == bad.err);
    CHECK(run({trompd}).exit_code == 2);
}
