#include <boost/json.hpp>
#include <cmath>

#include "tests/support/catch.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/tree.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/ask.hpp"
#include "tests/system/interleaving.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::seconds hour = 1h;
constexpr std::chrono::seconds year = 365 * 24 * hour;
constexpr std::chrono::seconds year_9999 = 7973 * year;

NodeOptions with_limits(const std::string& limits) {
    NodeOptions options;
    options.extra = limits;
    return options;
}

/// a - b - c, where b's database has a clock of its own.
class Chain {
  public:
    explicit Chain(std::chrono::seconds ahead, const std::string& limits = "")
        : b_server_({}, started(clock_, ahead).environment()),
          a(server_, 1, "a", with_limits(limits)),
          b(b_server_, 2, "b", with_limits(limits)),
          c(server_, 3, "c", with_limits(limits)) {
        a.link(b);
        b.link(a);
        b.link(c);
        c.link(b);
        for (auto* const node : nodes()) {
            node->sql().exec("CREATE TABLE item (nr bigint PRIMARY KEY, v text)");
            node->init_ok();
            node->start();
        }
    }

    std::vector<Node*> nodes() { return {&a, &b, &c}; }
    void set_clock(std::chrono::seconds ahead) { clock_.set(ahead); }

    void sync() {
        for (int round = 0; round < 2; ++round) {
            for (auto* const node : nodes()) {
                const auto output = node->sync();
                INFO(node->name() << ": " << output.err << tail(node->log(), 20));
                REQUIRE(output.exit_code == 0);
            }
        }
    }

    std::string everywhere(int nr) {
        const std::string query =
            "SELECT coalesce((SELECT v FROM item WHERE nr = " + std::to_string(nr) + "), '(none)')";
        std::string values;
        for (auto* const node : nodes())
            values += (values.empty() ? "" : " ") + node->sql().value(query);
        return values;
    }

    long long conflicts() {
        long long count = 0;
        for (auto* const node : nodes())
            count += node->sql().number("SELECT count(*) FROM replication.conflicts");
        return count;
    }

    /// Every node writes the row while it does not know of the others' change, and all of them end equal; tells whose
    /// won.
    std::string meet(int nr, const std::string& round) {
        for (auto* const node : nodes())
            hold_pulls(*node);
        for (auto* const node : nodes())
            write(*node, nr, node->name() + round);
        for (auto* const node : nodes())
            node->faults().clear();
        sync();
        const auto winner = a.sql().value("SELECT v FROM item WHERE nr = " + std::to_string(nr));
        CHECK(everywhere(nr) == winner + " " + winner + " " + winner);
        return winner.substr(0, 1);
    }

    static void write(Node& node, int nr, const std::string& value) {
        node.sql().exec("INSERT INTO item VALUES (" + std::to_string(nr) + ", '" + value +
                        "') ON CONFLICT (nr) DO UPDATE SET v = excluded.v");
    }

  private:
    static FakeClock& started(FakeClock& clock, std::chrono::seconds ahead) {
        clock.set(ahead);
        return clock;
    }

    FakeClock clock_;
    Cluster server_;
    Cluster b_server_;

  public:
    Node a;
    Node b;
    Node c;
};

/// Each node in turn writes the row that it has got from the one before: nothing of that is ever a conflict, and the
/// last one wins, whatever b's clock says.
void check_takes_turns(Chain& chain, int nr) {
    const auto conflicts = chain.conflicts();
    int turn = 0;
    for (auto* const node : {&chain.b, &chain.a, &chain.c, &chain.b}) {
        const auto value = node->name() + std::to_string(++turn);
        Chain::write(*node, nr, value);
        chain.sync();
        CHECK(chain.everywhere(nr) == value + " " + value + " " + value);
    }
    chain.a.sql().exec("DELETE FROM item WHERE nr = " + std::to_string(nr));
    chain.sync();
    CHECK(chain.everywhere(nr) == "(none) (none) (none)");
    CHECK(chain.conflicts() == conflicts);
}

void check_versions_fit(Chain& chain) {
    for (auto* const node : chain.nodes()) {
        CHECK(node->sql().number(
                  "SELECT count(*) FROM replication.events WHERE version NOT BETWEEN 0 AND 2::bigint ^ 53") == 0);
    }
}

}  // namespace

TEST_CASE("nodes whose clocks are wrong, by an hour or by ages, take turns and end equal") {
    for (const auto ahead : {hour, -10 * year, year_9999, -63 * year}) {
        INFO("b is ahead by " << ahead.count() << " s");
        Chain chain(ahead);
        chain.meet(1, "first");
        check_takes_turns(chain, 1);
        chain.meet(2, "second");
        check_versions_fit(chain);
    }
}

TEST_CASE("a clock that is ahead wins the first meeting, not those after it has been put right") {
    Chain chain(10 * year);
    CHECK(chain.meet(1, "first") == "b");
    // All have seen the version of ten years ahead: whoever writes next is later than that.
    Chain::write(chain.a, 1, "a later");
    chain.sync();
    CHECK(chain.everywhere(1) == "a later a later a later");
    chain.set_clock(0s);
    // b's clock counts no more than any other: they tie, and a tie is decided by the number of the node.
    CHECK(chain.meet(2, "second") == "c");
    CHECK(chain.meet(1, "third") == "c");
}

TEST_CASE("a clock that is behind loses the first meeting, not those after it has received a change") {
    Chain chain(-10 * year);
    hold_pulls(chain.b);
    Chain::write(chain.b, 1, "b");
    Chain::write(chain.a, 1, "a");
    chain.b.faults().clear();
    chain.sync();
    CHECK(chain.everywhere(1) == "a a a");
    Chain::write(chain.b, 1, "b again");
    chain.sync();
    CHECK(chain.everywhere(1) == "b again b again b again");
}

TEST_CASE("clocks that jump forwards and backwards while everybody writes leave the nodes equal") {
    Chain chain(0s);
    int round = 0;
    for (const auto ahead : {hour, -hour, 10 * year, -10 * year, year_9999, -hour}) {
        INFO("b is ahead by " << ahead.count() << " s");
        hold_pulls(chain.b);
        Chain::write(chain.b, 1, "b before " + std::to_string(round));
        Chain::write(chain.a, 1, "a before " + std::to_string(round));
        chain.set_clock(ahead);
        Chain::write(chain.b, 1, "b after " + std::to_string(round));
        Chain::write(chain.b, 2, "b after " + std::to_string(round));
        Chain::write(chain.c, 2, "c after " + std::to_string(round));
        chain.b.faults().clear();
        chain.sync();
        const auto one = chain.a.sql().value("SELECT v FROM item WHERE nr = 1");
        CHECK(chain.everywhere(1) == one + " " + one + " " + one);
        const auto two = chain.a.sql().value("SELECT v FROM item WHERE nr = 2");
        CHECK(chain.everywhere(2) == two + " " + two + " " + two);
        ++round;
    }
    check_takes_turns(chain, 3);
    check_versions_fit(chain);
}

TEST_CASE("the highest version that there can be leaves nobody behind, and a higher one is not taken") {
    TreeOptions options;
    options.schema = "CREATE TABLE item (nr bigint PRIMARY KEY, v text)";
    auto tree = Tree::chain(2, options);
    auto& a = tree[0];
    auto& b = tree[1];
    tree.sync_all();
    const auto write_with_version = [&](int nr, const std::string& version) {
        hold_pulls(a);
        Chain::write(b, nr, "b");
        b.sql().exec("UPDATE replication.events SET version = " + version + " WHERE nr = " + std::to_string(nr));
        release_pulls(a);
    };
    write_with_version(1, "9007199254740992");
    for (auto* const node : {&a, &b, &a}) {
        tree.sync_all();
        Chain::write(*node, 1, node->name());
        tree.sync_all();
        tree.check_equal({"item"});
        CHECK(a.sql().value("SELECT v FROM item WHERE nr = 1") == node->name());
    }
    CHECK(a.sql().number("SELECT count(*) FROM replication.conflicts") == 0);
    write_with_version(2, "9007199254740993");
    wait_error(a, b, "version");
    CHECK(a.sql().number("SELECT count(*) FROM item WHERE nr = 2") == 0);
    b.sql().exec("UPDATE replication.events SET version = 1 WHERE nr = 2");
    tree.sync_all();
    tree.check_equal({"item"});
}

namespace {

double offset(const Node& node, const Node& neighbour) {
    const auto value = neighbour_report(node, neighbour).at("clock_offset_seconds");
    return value.is_null() ? NAN : value.to_number<double>();
}

void wait_offset(const Node& node, const Node& neighbour, double expected) {
    wait_until(
        20s, "the offset is " + std::to_string(expected),
        [&] { return std::abs(offset(node, neighbour) - expected) < 2; },
        [&] { return std::to_string(offset(node, neighbour)); });
}

}  // namespace

TEST_CASE("by how much the clocks of two databases differ is in the status of both, and warned of once") {
    Chain chain(1h);
    wait_offset(chain.a, chain.b, 3600);
    wait_offset(chain.b, chain.a, -3600);
    wait_said(chain.a, "the clocks of b and a differ by 3600 s, more than max_clock_skew");
    wait_said(chain.b, "the clocks of a and b differ by 3600 s, more than max_clock_skew");
    Chain::write(chain.b, 1, "b");
    chain.sync();
    CHECK(chain.everywhere(1) == "b b b");
    // A jump is noticed without a new connection.
    chain.set_clock(-20min);
    wait_offset(chain.a, chain.b, -1200);
    chain.set_clock(0s);
    wait_offset(chain.a, chain.b, 0);
    const auto log = chain.a.log();
    const std::string warning = "the clocks of b and a differ by 3600 s";
    CHECK(log.find(warning) == log.rfind(warning));
}

TEST_CASE("with on_clock_skew: stop nothing is applied over a link while its clocks differ, and all of it afterwards") {
    Chain chain(0s, "limits: {max_clock_skew: 60s, on_clock_skew: stop}\n");
    Chain::write(chain.a, 1, "a");
    chain.sync();
    chain.b.stop();
    chain.set_clock(1h);
    Chain::write(chain.a, 1, "a, meanwhile");
    Chain::write(chain.b, 2, "b, an hour ahead");
    chain.b.start();
    for (const auto& [node, neighbour] : {std::pair(&chain.a, &chain.b), std::pair(&chain.b, &chain.a),
                                          std::pair(&chain.c, &chain.b), std::pair(&chain.b, &chain.c)}) {
        wait_error(*node, *neighbour, "differ by 3600 s, more than max_clock_skew; set them right (NTP)");
        CHECK(*node->state(*neighbour) == "failed");
    }
    CHECK(chain.a.ctl({"sync", "--wait", "--timeout", "2s"}).exit_code == 1);
    CHECK(chain.everywhere(1) == "a, meanwhile a a");
    CHECK(chain.everywhere(2) == "(none) b, an hour ahead (none)");
    chain.set_clock(0s);
    chain.sync();
    CHECK(chain.everywhere(1) == "a, meanwhile a, meanwhile a, meanwhile");
    CHECK(chain.everywhere(2) == "b, an hour ahead b, an hour ahead b, an hour ahead");
    // And a clock that jumps while the links are up stops them before the next batch.
    chain.set_clock(-1h);
    Chain::write(chain.c, 3, "c");
    wait_error(chain.b, chain.c, "differ by 3600 s");
    CHECK(chain.everywhere(3) == "(none) (none) c");
}
