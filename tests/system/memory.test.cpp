#include "tests/support/catch.hpp"
#include "tests/support/tree.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/ask.hpp"
#include "tests/system/peak_memory.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

TEST_CASE("a million rows catch up with less than 64 MB in the daemon", "[busy]") {
    if (patience > 1) {
        WARN("skipped under a sanitizer: its shadow memory and its quarantine are counted as the daemon's");
        return;
    }
    constexpr long long most_kb = 64 * 1024;
    // In one transaction, which is one chunk however large, and in many.
    const bool in_chunks = GENERATE(false, true);
    TreeOptions options;
    options.schema = "CREATE TABLE item (nr bigint PRIMARY KEY, name text, note text)";
    options.start = false;
    auto tree = Tree::chain(2, options);
    auto& a = tree[0];
    auto& b = tree[1];
    tree.init_all();
    tree.start_all();
    tree.sync_all();
    b.stop();
    for (int part = 0; part < 20; ++part) {
        a.sql().exec((in_chunks || part == 0 ? "BEGIN;" : "") +
                     std::string("INSERT INTO item SELECT i, 'name ' || i, "
                                 "repeat('n', 60) FROM generate_series(") +
                     std::to_string(part * 50000 + 1) + ", " + std::to_string((part + 1) * 50000) + ") i;" +
                     (in_chunks || part == 19 ? "COMMIT" : ""));
    }
    TempDir dir;
    Process daemon({std::string(TROMP_BINARY_DIR) + "/trompd", "--config", b.config()}, dir.path(), "trompd");
    wait_until(10s, "the daemon answers", [&] { return b.ctl({"sync"}).exit_code == 0; });
    const auto output = b.ctl({"sync", "--wait", "--timeout", "110s"});
    INFO(output.err);
    CHECK(output.exit_code == 0);
    CHECK(b.sql().number("SELECT count(*) FROM item") == 1'000'000);
    const auto peak = peak_memory(daemon);
    INFO("peak " << peak << " kB\n" << tail(daemon.err(), 20));
    CHECK(peak < most_kb);
    WARN("peak memory of the daemon: " << peak << " kB");
    const char* const sum = "SELECT sum(hashtextextended(t::text, 0)::numeric) FROM item t";
    CHECK(a.sql().value(sum) == b.sql().value(sum));
    daemon.kill(SIGTERM);
    CHECK(daemon.wait_exit(5s) == 0);
}
