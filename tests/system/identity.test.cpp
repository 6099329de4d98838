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

/// A database that is not the one it was: the link begins anew, and nothing is skipped. odd_databases.test.cpp has the
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

/// Both ends are equal again by themselves, with what only one of them had; and whichever noticed it first says why.
void check_back(Pair& pair, int rows) {
    pair.check_equal();
    CHECK(pair.a.sql().number("SELECT count(*) FROM item") == rows);
    CHECK_THAT(pair.a.log() + pair.b.log(),
               contains("begins anew, with a comparison: ") && contains("went back to an earlier state"));
    for (const auto* const node : {&pair.a, &pair.b}) {
        const auto verify = node->ctl({"verify"});
        INFO(verify.out << verify.err);
        CHECK(verify.exit_code == 0);
    }
}

TEST_CASE("a source that was restored from a backup gets back what it lost, and keeps what it has written since") {
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
    check_back(pair, 10);
}

TEST_CASE("a source that was restored from a backup and has written more since than it lost skips nothing") {
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
    check_back(pair, 9 + 50);
}

TEST_CASE("a source that was restored to what the link last knew of it gives numbers again that were read") {
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
    wait_said(pair.b, "it has changes under numbers that were read for others");
    pair.a.start();
    check_back(pair, 9 + 50);
}

TEST_CASE("a target that was restored from a backup gets back what the log is pruned of") {
    Pair pair;
    pair.a.sql().exec(row(1));
    pair.sync();
    Backup backup(pair.others);
    for (int nr = 2; nr < 10; ++nr)
        pair.a.sql().exec(row(nr));
    pair.a.sql().exec("DELETE FROM item WHERE nr = 1");
    pair.sync();
    wait_log_short(pair.a);
    pair.b.stop();
    backup.restore();
    pair.b.sql().exec(row(50));
    pair.b.start();
    pair.a.sql().exec(row(10));
    check_back(pair, 10);
    CHECK(pair.b.sql().number("SELECT count(*) FROM item WHERE nr = 1") == 0);
}

TEST_CASE("a link that one end removed and listed again is not read on with the old position") {
    Pair pair;
    pair.a.sql().exec(row(1));
    pair.sync();
    pair.a.stop();
    REQUIRE(pair.a.ctl({"remove", "b"}).exit_code == 0);
    pair.a.sql().exec(row(2) + "; DELETE FROM replication.events");  // nobody reads it any more
    pair.a.start();                                                  // its file still lists b
    CHECK_THAT(wait_error(pair.b, pair.a, "hold different rows"), contains("trompctl join a"));
    CHECK(pair.b.sql().number("SELECT count(*) FROM item") == 1);
    REQUIRE(pair.b.ctl({"join", "a"}).exit_code == 0);
    pair.check_equal();
    CHECK(pair.b.sql().number("SELECT count(*) FROM item") == 2);
}
