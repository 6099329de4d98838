// The tests' own tools, tried on the real thing before anything is proved with them.

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>
#include <system_error>

#include "tests/support/catch.hpp"
#include "tests/support/cluster.hpp"
#include "tests/support/database.hpp"
#include "tests/support/process.hpp"
#include "tests/support/proxy.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/tree.hpp"
#include "tests/support/wait_until.hpp"

using namespace std::chrono_literals;
using namespace tromp::test;
using Clock = std::chrono::steady_clock;

namespace {

constexpr auto soon = 20s;

bool refused(const std::string& conninfo) try {
    Database database(conninfo);
    return false;
} catch (const SqlError&) {
    return true;
}

}  // namespace

TEST_CASE("process: output, exit code, signal and a program that is not there") {
    const auto said =
        run({"sh", "-c", "cat; echo $WORD; echo no >&2; exit 3"}, {.environment = {{"WORD", "yes"}}, .input = "in "});
    CHECK(said.exit_code == 3);
    CHECK(said.out == "in yes\n");
    CHECK(said.err == "no\n");
    CHECK_THROWS_AS(run({"tromp-no-such-program"}), std::system_error);

    const TempDir dir;
    Process sleeper({"sleep", "600"}, dir.path(), "sleeper");
    CHECK(sleeper.is_running());
    CHECK(!sleeper.wait_exit(0ms));
    sleeper.kill(SIGTERM);
    CHECK(sleeper.wait_exit(soon) == -SIGTERM);
    CHECK(!sleeper.is_running());
    sleeper.kill(SIGKILL);  // nobody's number any more, and nobody gets it
}

TEST_CASE("process: the destructor ends one that ignores SIGTERM") {
    const TempDir dir;
    pid_t pid = 0;
    {
        Process stubborn({"sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.1; done"}, dir.path(), "stubborn");
        pid = stubborn.pid();
        wait_until(soon, "the trap is set", [&] { return stubborn.out() == "ready\n"; });
    }
    CHECK(!is_alive(pid));
}

TEST_CASE("temp dir: stands while the object lives") {
    std::filesystem::path path;
    {
        const TempDir dir;
        path = dir.path();
        write_file(dir / "file", "text");
        CHECK(read_file(dir / "file") == "text");
        if (std::getenv("TROMP_TEST_DIE")) {  // the next test case's subject
            std::cout << "left behind: " << path.native() << std::endl;
            raise(SIGKILL);
        }
    }
    CHECK(!std::filesystem::exists(path));
}

TEST_CASE("temp dir: what a killed test left behind goes with the next one, what a living one has stays") {
    const TempDir ours;
    const auto in_another_process = [](const ProcessOptions& options) {
        return run({"/proc/self/exe", "temp dir: stands while the object lives"}, options);
    };
    const auto killed = in_another_process({.environment = {{"TROMP_TEST_DIE", "1"}}});
    CHECK(killed.exit_code == -SIGKILL);
    const std::string mark = "left behind: ";
    const auto begin = killed.out.find(mark);
    REQUIRE(begin != std::string::npos);
    const std::filesystem::path left =
        killed.out.substr(begin + mark.size(), killed.out.find('\n', begin) - begin - mark.size());
    // Another test that begins meanwhile may have been the one to remove it.
    CHECK(in_another_process({}).exit_code == 0);
    CHECK(!std::filesystem::exists(left));
    CHECK(std::filesystem::exists(ours.path()));
}

TEST_CASE("cluster: committed rows survive a crash, SIGKILL for all, and a restart") {
    Cluster cluster{{"max_prepared_transactions", "10"}};
    cluster.create_database("it's \"odd\"");
    const auto conninfo = cluster.conninfo("it's \"odd\"");
    {
        Database database(conninfo);
        CHECK(database.value("show max_prepared_transactions") == "10");
        CHECK(database.value("show fsync") == "on");
        database.exec("create table item(nr int primary key, name text)");
    }
    const auto survives = [&](int nr, auto&& end) {
        Database database(conninfo);
        database.exec("insert into item values (" + std::to_string(nr) + ", 'kept')");
        Database open(conninfo);
        open.exec("begin; insert into item values (" + std::to_string(-nr) + ", 'lost')");
        end();
        CHECK(!cluster.is_running());
        CHECK_THROWS_AS(open.exec("commit"), SqlError);
        CHECK(!open.is_connected());
        cluster.start();
        open.reconnect();
        CHECK(open.number("select count(*) from item where name = 'kept'") == nr);
        CHECK(open.number("select count(*) from item where name = 'lost'") == 0);
    };
    survives(1, [&] { cluster.crash(); });
    survives(2, [&] { cluster.kill_all(); });
    survives(3, [&] { cluster.stop(); });
    cluster.restart();
    CHECK(Database(cluster.tcp_conninfo("it's \"odd\"")).number("select count(*) from item") == 3);
    CHECK_THAT(cluster.log(), contains("database system was not properly shut down"));
    CHECK(tail("a\nb\nc\n", 2) == "b\nc\n");
}

TEST_CASE("database: values, nulls, errors with their SQLSTATE, a statement in the background") {
    Cluster cluster;
    Database one(cluster.conninfo("postgres"));
    Database two(cluster.conninfo("postgres"));
    CHECK(one.rows("values (1, null), (2, 'x')") == std::vector<Row>{{"1", std::nullopt}, {"2", "x"}});
    CHECK_THROWS_AS(one.value("select null"), std::logic_error);
    try {
        one.exec("select 1/0");
        FAIL("no error");
    } catch (const SqlError& error) {
        CHECK(error.sqlstate == "22012");
    }

    one.exec("create table item(nr int primary key, name text); insert into item values (10, 'a'), (9, null)");
    CHECK(table_image(one, "item") == "(10,a)\n(9,)");
    CHECK(one.exec("begin; update item set name = 'b'") == 2);
    two.async_exec("update item set name = 'c' where nr = 9");
    wait_until(soon, "the second session is blocked", [&] { return is_blocked(one, two); });
    CHECK(two.is_busy());
    one.exec("commit");
    CHECK(two.finish() == 1);
    CHECK(table_image(two, "item", "(nr, name)") == "(10,b)\n(9,c)");
    CHECK(small_diff(table_image(one, "item"), "(10,b)\n(9,d)") == "< (9,c)\n> (9,d)\n");
}

TEST_CASE("proxy: passes, cuts, and passes again") {
    Cluster cluster;
    Proxy proxy(cluster.port());
    const auto conninfo = cluster.tcp_conninfo("postgres", proxy.port());
    Database database(conninfo);
    CHECK(database.number("select length(repeat('x', 5000000))") == 5000000);
    CHECK(database.value("select repeat('x', 5000000)").size() == 5000000);
    CHECK(proxy.accepted() == 1);
    CHECK(proxy.open() == 1);
    CHECK(proxy.bytes_to_client() > 5000000);
    CHECK(proxy.bytes_to_server() > 0);

    proxy.cut();
    CHECK(proxy.is_cut());
    CHECK(proxy.open() == 0);
    CHECK_THROWS_AS(database.exec("select 1"), SqlError);
    CHECK(refused(conninfo));
    proxy.pass();
    database.reconnect();
    CHECK(database.number("select 1") == 1);
    CHECK(proxy.accepted() == 2);

    cluster.stop();
    CHECK_THROWS_AS(database.exec("select 1"), SqlError);
    CHECK(refused(conninfo));
    cluster.start();
    CHECK(!refused(conninfo));
}

TEST_CASE("proxy: a blackhole swallows nothing, it only holds back") {
    Cluster cluster;
    Proxy proxy(cluster.port());
    const auto conninfo = cluster.tcp_conninfo("postgres", proxy.port());
    Database database(conninfo);
    proxy.blackhole();
    const auto before = proxy.bytes_to_server();
    database.async_exec("select 42");
    CHECK(refused(conninfo + " connect_timeout=2"));  // accepted, and then nothing
    CHECK(proxy.accepted() == 2);
    CHECK(proxy.bytes_to_server() == before);
    CHECK(database.is_busy());
    proxy.pass();
    CHECK(database.finish() == 1);
    CHECK(!refused(conninfo));
}

TEST_CASE("proxy: delay and limit") {
    Cluster cluster;
    Proxy proxy(cluster.port());
    Database database(cluster.tcp_conninfo("postgres", proxy.port()));
    const auto time_of = [&](const std::string& sql) {
        const auto begin = Clock::now();
        database.exec(sql);
        return Clock::now() - begin;
    };
    proxy.delay(150ms);
    CHECK(time_of("select 1") >= 300ms);
    proxy.pass();
    CHECK(becomes_true(10s, [&] { return time_of("select 1") < 300ms; }));
    proxy.limit(100000);
    CHECK(time_of("select repeat('x', 60000)") >= 400ms);
}

TEST_CASE("proxy: cut in the middle of a COPY, after so many bytes and not one more") {
    Cluster cluster;
    Proxy proxy(cluster.port());
    Database database(cluster.tcp_conninfo("postgres", proxy.port()));
    const auto before = proxy.bytes_to_client();
    proxy.cut_after(1000000);
    CHECK_THROWS_AS(database.value("select repeat('x', 5000000)"), SqlError);
    CHECK(proxy.is_cut());
    CHECK(proxy.bytes_to_client() == before + 1000000);
    proxy.pass();
    database.reconnect();
    CHECK(database.value("select repeat('x', 5000000)").size() == 5000000);
}
