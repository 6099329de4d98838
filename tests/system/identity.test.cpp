#include <filesystem>

#include "tests/support/catch.hpp"
#include "tests/support/node.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/ask.hpp"
#include "tests/system/pair.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

/// A database that is not the one it was: each case is named, and nothing is skipped. odd_databases.test.cpp has the
/// promoted standby and the one that was set up anew.
namespace {

/// A cold copy of a cluster's files, as backups of whole machines are.
class Backup {
  public:
    explicit Backup(Cluster& cluster) : cluster_(cluster) {
        cluster_.stop();
        copy(cluster_.data_dir(), copy_);
        cluster_.start();
    }
    void restore() {
        cluster_.stop();
        std::filesystem::remove_all(cluster_.data_dir());
        copy(copy_, cluster_.data_dir());
        cluster_.start();
    }

  private:
    static void copy(const std::filesystem::path& from, const std::filesystem::path& to) {
        REQUIRE(run({"cp", "-a", from.string(), to.string()}).exit_code == 0);
    }
    Cluster& cluster_;
    TempDir place_;
    std::filesystem::path copy_ = place_ / "data";
};

std::string row(int nr) {
    return "INSERT INTO item VALUES (" + std::to_string(nr) + ", 'row " + std::to_string(nr) + "')";
}

}  // namespace

TEST_CASE("a source that was restored from a backup is named, also when it has written again since") {
    Pair pair;
    pair.a.sql().exec(row(1));
    pair.sync();
    Backup backup(pair.ones);
    for (int nr = 2; nr < 10; ++nr)
        pair.a.sql().exec(row(nr));
    pair.a.sync();
    pair.a.stop();
    backup.restore();
    pair.a.sql().exec(row(100));
    pair.a.start();
    CHECK_THAT(wait_error(pair.b, pair.a, "went back to an earlier state"), contains("trompctl join a"));
    CHECK(pair.b.state(pair.a) == "failed");
    // What is newer here is not thrown away for it.
    CHECK(pair.b.sql().number("SELECT count(*) FROM item") == 9);
    CHECK(pair.b.ctl({"sync", "--wait", "--timeout", "1s"}).exit_code == 1);
}

TEST_CASE("a source that was restored from a backup is named also when it has written more since than it lost") {
    Pair pair;
    pair.a.sql().exec(row(1));
    pair.sync();
    Backup backup(pair.ones);
    for (int nr = 2; nr < 10; ++nr)
        pair.a.sql().exec(row(nr));
    pair.sync();
    pair.a.stop();
    backup.restore();
    // The numbers of the events and transactions that were lost are given once more, and others beyond them.
    for (int nr = 100; nr < 150; ++nr)
        pair.a.sql().exec(row(nr));
    pair.a.start();
    CHECK_THAT(wait_error(pair.b, pair.a, "went back to an earlier state"), contains("trompctl join a"));
    wait_error(pair.a, pair.b, "our own database went back to an earlier state");
    pair.check_stopped();
    CHECK(pair.b.sql().number("SELECT count(*) FROM item") == 9);
    CHECK(pair.a.sql().number("SELECT count(*) FROM replication.log") >= 50);
    // What the message says: the link ended at both ends, what a lost brought back, and a start.
    for (auto [node, other] : {std::pair{&pair.a, "b"}, std::pair{&pair.b, "a"}}) {
        node->stop();
        REQUIRE(node->ctl({"remove", other}).exit_code == 0);
    }
    for (int nr = 2; nr < 10; ++nr)
        pair.a.sql().exec(row(nr));
    pair.a.start();
    pair.b.start();
    pair.check_equal();
    CHECK(pair.b.sql().number("SELECT count(*) FROM item") == 9 + 50);
}

TEST_CASE(
    "a source that was restored to what the link last knew of it is named when it gives numbers again that were read") {
    Pair pair;
    pair.a.sql().exec(row(1));
    pair.sync();
    // Without a's daemon no mark changes hands any more.
    pair.a.stop();
    Backup backup(pair.ones);
    for (int nr = 2; nr < 10; ++nr)
        pair.a.sql().exec(row(nr));
    wait_value(pair.b, "SELECT count(*) FROM item", "9");
    pair.b.stop();
    backup.restore();
    for (int nr = 100; nr < 150; ++nr)
        pair.a.sql().exec(row(nr));
    pair.b.start();
    wait_error(pair.b, pair.a, "it has changes under numbers that were read for others");
    pair.a.start();
    wait_error(pair.a, pair.b, "it has changes under numbers that b has read for others");
    pair.check_stopped();
    CHECK(pair.a.sql().number("SELECT count(*) FROM replication.log") >= 50);
}

TEST_CASE("a target that was restored from a backup says so instead of reading on where the log was pruned") {
    Pair pair;
    pair.a.sql().exec(row(1));
    pair.sync();
    Backup backup(pair.others);
    for (int nr = 2; nr < 10; ++nr)
        pair.a.sql().exec(row(nr));
    pair.sync();
    wait_log_short(pair.a);
    pair.b.stop();
    backup.restore();
    pair.b.start();
    CHECK_THAT(wait_error(pair.b, pair.a, "our own database went back"), contains("trompctl join a"));
    pair.a.sql().exec(row(10));
    CHECK(pair.b.ctl({"sync", "--wait", "--timeout", "1s"}).exit_code == 1);
    CHECK(pair.b.sql().number("SELECT count(*) FROM item WHERE nr = 10") == 0);
}

TEST_CASE("a link that one end removed and listed again is not read on with the old position") {
    Pair pair;
    pair.a.sql().exec(row(1));
    pair.sync();
    pair.a.stop();
    REQUIRE(pair.a.ctl({"remove", "b"}).exit_code == 0);
    pair.a.sql().exec(row(2) + "; DELETE FROM replication.events");  // nobody reads it any more
    pair.a.start();                                                  // its file still lists b
    CHECK_THAT(wait_error(pair.b, pair.a, "ended this link"), contains("trompctl remove a"));
    CHECK(pair.b.sql().number("SELECT count(*) FROM item") == 1);
    // Made anew at both ends, it begins with a comparison.
    REQUIRE(pair.b.ctl({"remove", "a"}).exit_code == 0);
    pair.b.restart();
    wait_error(pair.b, pair.a, "hold different rows");
    pair.b.sql().exec("SET session_replication_role = replica; " + row(2) + "; RESET session_replication_role");
    pair.sync();
    CHECK(pair.b.sql().number("SELECT count(*) FROM item") == 2);
}
