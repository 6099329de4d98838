#include "tests/support/catch.hpp"
#include "tests/support/tree.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/ask.hpp"
#include "tests/system/peak_memory.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

namespace {

/// The daemon of `node`, which is to have none, catches up with its neighbours. The most memory that it held, in kB.
long long peak_while_catching_up(Node& node) {
    TempDir dir;
    Process daemon({std::string(TROMP_BINARY_DIR) + "/trompd", "--config", node.config()}, dir.path(), "trompd");
    wait_until(10s, "the daemon answers", [&] { return node.ctl({"sync"}).exit_code == 0; });
    const auto output = node.ctl({"sync", "--wait", "--timeout", "110s"});
    INFO(output.err << tail(daemon.err(), 20));
    CHECK(output.exit_code == 0);
    const auto peak = peak_memory(daemon);
    WARN("peak memory of the daemon: " << peak << " kB");
    daemon.kill(SIGTERM);
    CHECK(daemon.wait_exit(5s) == 0);
    return peak;
}

/// What a sanitizer's shadow memory and quarantine would be counted as.
bool is_memory_known() {
    if (patience > 1)
        WARN("skipped under a sanitizer: its shadow memory and its quarantine are counted as the daemon's");
    return patience <= 1;
}

}  // namespace

TEST_CASE("a row of 50 MB costs the daemon a small multiple of it", "[busy]") {
    if (!is_memory_known()) return;
    constexpr long long most_kb = 4 * 50 * 1024;
    TreeOptions options;
    options.schema = "CREATE TABLE item (nr bigint PRIMARY KEY, v text, b bytea)";
    options.start = false;
    auto tree = Tree::chain(2, options);
    tree.init_all();
    tree[0].start();
    tree[0].sql().exec(
        "INSERT INTO item SELECT nr, repeat(md5(nr::text), 1250000), decode(repeat('00ff', 5000000), 'hex') FROM "
        "generate_series(1, 3) nr");
    CHECK(peak_while_catching_up(tree[1]) < most_kb);
    tree[0].sql().exec("UPDATE item SET v = v || 'x' WHERE nr = 2");
    CHECK(peak_while_catching_up(tree[1]) < most_kb);
    const std::string sums = "SELECT string_agg(nr || md5(v) || md5(b), ' ' ORDER BY nr) FROM item";
    CHECK(tree[0].sql().value(sums) == tree[1].sql().value(sums));
}

TEST_CASE("a million rows catch up with less than 64 MB in the daemon", "[busy]") {
    if (!is_memory_known()) return;
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
    CHECK(peak_while_catching_up(b) < most_kb);
    CHECK(b.sql().number("SELECT count(*) FROM item") == 1'000'000);
    const char* const sum = "SELECT sum(hashtextextended(t::text, 0)::numeric) FROM item t";
    CHECK(a.sql().value(sum) == b.sql().value(sum));
}
