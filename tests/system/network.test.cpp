#include <csignal>
#include <optional>
#include <thread>

#include "tests/support/catch.hpp"
#include "tests/support/network.hpp"
#include "tests/support/node.hpp"
#include "tests/support/tree.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/ask.hpp"
#include "tests/system/items.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

/// Links that come and go, in networks of the test's own; and what can be seen of the same without them.
namespace {

using Side = CabledNetworks::Side;

const char* const rows = "SELECT count(*) FROM item";

/// Two machines with a database and a daemon each, a at the left and b at the right end of a cable. By themselves the
/// daemons look once in an hour.
class Machines {
  public:
    explicit Machines(bool b_runs_both = false) {
        const std::string seldom = "retry: {first: 1h, max: 1h}\npoll_interval: 1h\n";
        for (auto* const node : {&a, &b}) {
            CabledNetworks::let_in(node->cluster());
            node->sql().exec("CREATE TABLE item (nr bigint PRIMARY KEY, name text)");
        }
        a.link(b, {.database = !b_runs_both,
                   .extra = b_runs_both ? "" : seldom,
                   .conninfo = CabledNetworks::conninfo(right_, Side::right, "b")});
        b.link(a, {.direction = b_runs_both ? "both" : "pull",
                   .extra = seldom,
                   .conninfo = CabledNetworks::conninfo(left_, Side::left, "a")});
        for (auto* const node : {&a, &b})
            node->init_ok();
        start(a, Side::left);
        start(b, Side::right);
        sync();
    }

    void sync() {
        for (auto* const node : {&a, &b}) {
            const auto output = node->sync();
            INFO(output.err << tail(node->log(), 20));
            REQUIRE(output.exit_code == 0);
        }
    }

    void wait_equal(std::chrono::milliseconds deadline) {
        wait_until(
            deadline, "both ends are equal",
            [&] { return table_image(a.sql(), "item") == table_image(b.sql(), "item"); },
            [&] { return "a:\n" + tail(a.log(), 15) + "\nb:\n" + tail(b.log(), 15); });
    }

    /// Until both daemons know that the other is away, and would not try again for long.
    void wait_given_up() {
        for (const auto& [node, other] : {std::pair{&a, &b}, std::pair{&b, &a}}) {
            wait_until(
                30s, node->name() + " waits for long",
                [&] {
                    const auto retry = neighbour_report(*node, *other).at("retry_in_seconds");
                    return !retry.is_null() && retry.to_number<double>() > 60;
                },
                [&] { return tail(node->log(), 20); });
        }
    }

    const CabledNetworks& networks() const { return networks_; }

  private:
    void start(Node& node, Side side) {
        const CabledNetworks::Inside inside(networks_, side);
        node.start();
    }
    Cluster cluster(Side side) {
        const CabledNetworks::Inside inside(networks_, side);
        return Cluster(CabledNetworks::settings(side));
    }

    CabledNetworks networks_;
    Cluster left_ = cluster(Side::left);
    Cluster right_ = cluster(Side::right);

  public:
    Node a{left_, 1, "a"};
    Node b{right_, 2, "b"};
};

bool may_have_networks() {
    static const auto reason = why_no_networks();
    if (!reason.empty()) WARN("skipped: a network of the test's own cannot be made here: " << reason);
    return reason.empty();
}

}  // namespace

TEST_CASE("when the cable is back in, a link that would wait for an hour is in sync within a moment") {
    if (!may_have_networks()) return;
    Machines machines;
    auto& a = machines.a;
    auto& b = machines.b;
    machines.networks().pull_cable();
    a.sql().exec(
        "INSERT INTO item SELECT i, 'of a' FROM generate_series(1, 1000) i ON CONFLICT (nr) DO UPDATE SET name = "
        "'a again'");
    b.sql().exec(
        "INSERT INTO item SELECT i, 'of b' FROM generate_series(501, 1500) i ON CONFLICT (nr) DO UPDATE SET name = "
        "'b again'");
    machines.wait_given_up();
    machines.networks().plug_cable();
    machines.wait_equal(3s);
    CHECK(a.sql().number(rows) == 1500);
}

TEST_CASE("with the cable pulled again and again in the middle of a catch-up both ends get there") {
    if (!may_have_networks()) return;
    Machines machines;
    auto& a = machines.a;
    auto& b = machines.b;
    int in_the_middle = 0;
    constexpr int pulled = 20;
    for (int round = 0; round < pulled; ++round) {
        for (auto* const node : {&a, &b}) {
            const auto first = std::to_string(round * 20000 + (node == &a ? 0 : 10000));
            node->sql().exec("INSERT INTO item SELECT " + first +
                             " + i, repeat('x', 100) FROM generate_series(1, 10000) i;"
                             "UPDATE item SET name = '" +
                             node->name() + " " + std::to_string(round) +
                             "' WHERE nr % 1000 = " + std::to_string(round));
        }
        const auto before = machines.networks().received(Side::right);
        machines.networks().plug_cable();
        // A batch of each is a good megabyte.
        const auto enough = before + 100'000 + 100'000 * static_cast<unsigned>(round % 8);
        REQUIRE(becomes_true(20s, [&] { return machines.networks().received(Side::right) > enough; }));
        machines.networks().pull_cable();
        const auto all = (round + 1) * 20000;
        if (a.sql().number(rows) < all || b.sql().number(rows) < all) ++in_the_middle;
    }
    CHECK(in_the_middle > pulled / 2);
    machines.networks().plug_cable();
    machines.wait_equal(60s);
    CHECK(a.sql().number(rows) == pulled * 20000);
    machines.sync();
    wait_log_short(a);
    wait_log_short(b);
}

TEST_CASE("a laptop that gets another address goes on with both directions, although nobody ended the old sessions") {
    if (!may_have_networks()) return;
    Machines machines(true);
    auto& a = machines.a;
    auto& b = machines.b;
    const auto moves = [&](const char* from, const char* to) {
        machines.networks().ip(Side::right, {"addr", "del", std::string(from) + "/29", "dev", "cable"});
        machines.networks().ip(Side::right, {"addr", "add", std::string(to) + "/29", "dev", "cable"});
    };
    int written = 0;
    for (const auto& [from, to] : {std::pair{"198.18.77.2", "198.18.77.3"}, std::pair{"198.18.77.3", "198.18.77.4"}}) {
        moves(from, to);
        a.sql().exec("INSERT INTO item VALUES (" + std::to_string(++written) + ", 'of a')");
        b.sql().exec("INSERT INTO item VALUES (" + std::to_string(++written) + ", 'of b')");
        machines.wait_equal(10s);
    }
    CHECK(a.sql().number(rows) == 4);
    CHECK_THAT(b.log(), contains("from which the connection was made, is gone"));
    CHECK(b.log().find("another trompd") == std::string::npos);
}

TEST_CASE("a network that never comes to rest keeps nobody from getting there, and costs few looks") {
    if (!may_have_networks()) return;
    Machines machines;
    auto& a = machines.a;
    auto& b = machines.b;
    machines.networks().ip(Side::right, {"link", "add", "flapping", "type", "veth", "peer", "name", "other"});
    machines.networks().ip(Side::right, {"link", "set", "other", "up"});
    const auto until = std::chrono::steady_clock::now() + 8s;
    int written = 0;
    while (std::chrono::steady_clock::now() < until) {
        machines.networks().ip(Side::right, {"link", "set", "flapping", "up"});
        machines.networks().ip(Side::right, {"link", "set", "flapping", "down"});
        a.sql().exec("INSERT INTO item VALUES (" + std::to_string(++written) + ", 'of a')");
    }
    wait_value(b, rows, std::to_string(written), 10s);
    const auto log = b.log();
    int changes = 0;
    for (auto at = log.find("the network has changed"); at != std::string::npos;
         at = log.find("the network has changed", at + 1))
        ++changes;
    CHECK(changes >= 3);
    CHECK(changes <= 4 + 5 + 3);  // at once, one in two seconds, and those when it was set up
    CHECK(log.find("state=backing_off") == std::string::npos);
}

TEST_CASE("a daemon that stood still finds out which of its connections died meanwhile") {
    auto options = with_items();
    options.proxied = true;
    options.nodes.poll_interval = "1h";
    auto tree = Tree::chain(2, options);
    auto& a = tree[0];
    auto& b = tree[1];
    tree.sync_all();
    b.wait_state(a, "streaming");
    const auto connections = tree.proxy(0, 1).accepted();
    b.signal(SIGSTOP);
    tree.proxy(0, 1).forget();
    a.sql().exec("INSERT INTO item VALUES (1, 'meanwhile')");
    std::this_thread::sleep_for(7s);  // what is tested is that time passes
    CHECK(tree.proxy(0, 1).accepted() == connections);
    b.signal(SIGCONT);
    wait_value(b, rows, "1", 5s);
    REQUIRE(a.ctl({"sync"}).exit_code == 0);
}
