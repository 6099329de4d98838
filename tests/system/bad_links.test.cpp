#include <algorithm>

#include "tests/support/catch.hpp"
#include "tests/support/tree.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/ask.hpp"
#include "tests/system/items.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

/// Links that are slow, late, cut all the time, or deliver what nobody waits for any more: whatever they do, the other
/// end gets on, and little is sent twice.
namespace {

constexpr std::uint64_t slow = 64 * 1024;
const char* const rows = "SELECT count(*) FROM item";

/// b takes from a through a proxy; a takes nothing, so that all that is counted is b's.
struct BadLink {
    BadLink() : tree(Tree::chain(2, options())), proxy(a.cluster().port()) {
        b.link(a, {.via = &proxy});
        a.link(b, {.database = false});
        tree.init_all();
        tree.start_all();
        REQUIRE(b.sync().exit_code == 0);
    }

    static TreeOptions options() {
        auto options = with_items();
        options.start = false;
        options.nodes.poll_interval = "1h";
        options.nodes.retry = "{first: 50ms, max: 300ms}";
        return options;
    }

    /// A backlog of so many rows of a hundred bytes and more, which b does not take before the proxy lets it.
    void make_backlog(int count) {
        proxy.cut();
        written += count;
        for (int nr = written - count; nr < written; nr += 100) {
            a.sql().exec("INSERT INTO item SELECT i, rpad(i::text, 100, 'x') FROM generate_series(" +
                         std::to_string(nr) + ", " + std::to_string(nr + 99) + ") i");
        }
    }

    bool is_there() { return b.sql().number(rows) == written; }

    /// What a backlog of so many rows costs on a good link.
    std::uint64_t bytes_of(int count) {
        make_backlog(count);
        const auto before = proxy.bytes_to_client();
        proxy.pass();
        wait_value(b, rows, std::to_string(written));
        return proxy.bytes_to_client() - before;
    }

    void check_equal() {
        proxy.pass();
        REQUIRE(b.sync().exit_code == 0);
        tree.check_equal({"item"});
        CHECK(b.sql().number("SELECT count(*) FROM replication.conflicts") == 0);
    }

    Tree tree;
    Node& a = tree[0];
    Node& b = tree[1];
    Proxy proxy;
    int written = 0;
};

}  // namespace

TEST_CASE("a slow link that is up for a second and down for the next gets there, and sends little twice") {
    BadLink link;
    constexpr int count = 3000;
    const auto clean = link.bytes_of(count);
    CHECK(clean > 3 * slow);
    link.make_backlog(count);
    const auto before = link.proxy.bytes_to_client();
    int cuts = 0;
    auto most = link.b.sql().number(rows);
    int without_progress = 0;
    for (;; ++cuts) {
        link.proxy.pass();
        link.proxy.limit(slow);
        if (becomes_true(1s, [&] { return link.is_there(); })) break;
        link.proxy.cut();
        const auto now = link.b.sql().number(rows);
        without_progress = now > most ? 0 : without_progress + 1;
        most = now;
        REQUIRE(without_progress < 12);
        CHECK_FALSE(becomes_true(1s, [&] { return link.is_there(); }));
    }
    const auto sent = link.proxy.bytes_to_client() - before;
    CAPTURE(cuts, clean, sent);
    CHECK(cuts >= 4);
    CHECK(sent < 3 * clean);
    link.check_equal();
}

TEST_CASE("a link that is cut after every so many bytes sends nothing twice but the chunk that was under way") {
    BadLink link;
    constexpr int count = 20000;
    const auto clean = link.bytes_of(count);
    link.make_backlog(count);
    const auto before = link.proxy.bytes_to_client();
    int cuts = 0;
    for (; !link.is_there(); ++cuts) {
        REQUIRE(cuts < 100);
        link.proxy.pass();
        link.proxy.cut_after(clean / 10);
        wait_until(30s, "all is there, or the link cut again", [&] { return link.proxy.is_cut() || link.is_there(); });
    }
    const auto sent = link.proxy.bytes_to_client() - before;
    CAPTURE(cuts, clean, sent);
    CHECK(cuts >= 10);
    CHECK(sent < 3 * clean);
    link.check_equal();
}

TEST_CASE("over a slow link with a long way a backlog comes in pieces, once") {
    BadLink link;
    constexpr int count = 12000;
    const auto clean = link.bytes_of(count);
    link.make_backlog(count);
    const auto before = link.proxy.bytes_to_client();
    link.proxy.pass();
    link.proxy.delay(150ms);
    link.proxy.limit(slow);
    const auto began = std::chrono::steady_clock::now();
    auto seen = link.b.sql().number(rows);
    int pieces = 0;
    wait_until(
        120s, "all is there",
        [&] {
            const auto now = link.b.sql().number(rows);
            if (now > seen) ++pieces;
            seen = now;
            return now == link.written;
        },
        [&] { return tail(link.b.log(), 20); });
    const auto took = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    const auto sent = link.proxy.bytes_to_client() - before;
    CAPTURE(clean, sent, pieces);
    CHECK(pieces >= 2);
    CHECK(static_cast<double>(sent) < 1.2 * static_cast<double>(clean));
    CHECK(took < 1.5 * static_cast<double>(clean) / slow + 15);
    // What is made now comes by the way there and back, and not by an interval.
    link.a.sql().exec("INSERT INTO item VALUES (-1, 'small')");
    ++link.written;
    wait_value(link.b, rows, std::to_string(link.written), 5s);
    link.check_equal();
}

TEST_CASE("what a link delivers after both ends have gone on without it does no harm") {
    auto options = with_items();
    options.start = false;
    auto tree = Tree::chain(2, options);
    auto& a = tree[0];
    auto& b = tree[1];
    Proxy proxy(a.cluster().port());
    a.link(b, {.database = false});
    b.link(a, {.via = &proxy, .direction = "both"});
    tree.init_all();
    tree.start_all();
    tree.sync_all();
    int nr = 0;
    for (const bool waits_for_the_late_one : {false, true}) {
        CAPTURE(waits_for_the_late_one);
        // The batch is at a, all but its COMMIT, which stays on its way.
        b.faults().arm("apply.before_commit.2", Faults::Action::pause);
        b.sql().exec("INSERT INTO item VALUES (" + std::to_string(++nr) + ", 'of b')");
        b.faults().wait_reached("apply.before_commit.2");
        proxy.blackhole();
        b.faults().release("apply.before_commit.2");
        wait_until(5s, "the COMMIT is sent", [&] {
            return a.sql().number("SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'") == 1;
        });
        a.sql().exec("INSERT INTO item VALUES (" + std::to_string(++nr) + ", 'of a')");
        proxy.strand();
        if (waits_for_the_late_one) {
            tree.sync_all();
            b.sql().exec("UPDATE item SET name = 'of b, later' WHERE nr = " + std::to_string(nr - 1));
            tree.sync_all();
        }
        proxy.deliver_stranded();
        tree.sync_all();
        tree.check_equal({"item"});
    }
    CHECK(a.sql().number(rows) == nr);
    for (auto* const node : {&a, &b})
        CHECK(node->sql().number("SELECT count(*) FROM replication.conflicts") == 0);
    CHECK(a.sql().value("SELECT name FROM item WHERE nr = " + std::to_string(nr - 1)) == "of b, later");
    wait_log_short(a, 30s);
    wait_log_short(b);
}
