#include <boost/json.hpp>

#include "tests/system/moving.hpp"

using namespace tromp::test;

/// Nodes leave a place in the tree, and come to another one. rings.test.cpp has a link that is moved while all is
/// equal, shared_events.test.cpp what two nodes know of a third that is gone, moved.test.cpp databases that go on at
/// another place.
namespace {

constexpr int filled = 20000;

bool lists(const Node& node, const Node& neighbour) {
    return node.state(neighbour).has_value();
}

/// Says how much went over a link of which nobody polls.
struct Count {
    explicit Count(const Proxy& of) : proxy(of), before(now()) {}
    std::uint64_t now() const { return proxy.bytes_to_client() + proxy.bytes_to_server(); }
    std::uint64_t bytes() const { return now() - before; }
    const Proxy& proxy;
    std::uint64_t before;
};

/// a - b - c with many rows, 2 MB; c leaves b.
struct Mover {
    Mover() : tree(Tree::chain(3, options())), proxy(tree.cluster().port()) {
        a.sql().exec(rows(1, filled, std::string(100, 'x')));
        tree.sync_all();
        c.stop();
        end_link(b, c);
        end_link(c, b);
    }
    static TreeOptions options() {
        auto options = with_items();
        options.nodes.poll_interval = "1h";
        options.nodes.retry = "{first: 1s, max: 1s}";
        return options;
    }
    void attach() {
        begin_link(c, a, {.via = &proxy});
        begin_link(a, c, {.via = &proxy});
    }
    void write_everywhere() {
        a.sql().exec("UPDATE item SET name = 'of a' WHERE nr <= 20;" + rows(30001, 30020, "new a"));
        b.sql().exec("UPDATE item SET name = 'of b' WHERE nr BETWEEN 31 AND 50;" + rows(40001, 40020, "new b"));
        c.sql().exec("UPDATE item SET name = 'of c' WHERE nr BETWEEN 11 AND 40;" + rows(50001, 50020, "new c"));
        wait_value(a, "SELECT count(*) FROM item WHERE name IN ('of b', 'new b')", "40");
        wait_value(b, "SELECT count(*) FROM item WHERE name IN ('of a', 'new a')", "40");
    }
    void check_nothing_lost() {
        const std::vector<Node*> nodes{&a, &b, &c};
        check_whole({&b, &a, &c});
        CHECK(a.sql().number("SELECT count(*) FROM item WHERE name LIKE 'new _'") == 60);
        for (int nr = 1; nr <= 50; ++nr) {
            CAPTURE(nr);
            if (nr <= 20) CHECK(is_kept(nodes, nr, "of a"));
            if (nr > 10 && nr <= 40) CHECK(is_kept(nodes, nr, "of c"));
            if (nr > 30) CHECK(is_kept(nodes, nr, "of b"));
        }
    }
    Tree tree;
    Node& a = tree[0];
    Node& b = tree[1];
    Node& c = tree[2];
    Proxy proxy;
};

}  // namespace

TEST_CASE("remove ends a link: nothing waits for that node any more, and the others go on") {
    auto tree = Tree::chain(3, with_items());
    auto& a = tree[0];
    auto& b = tree[1];
    auto& c = tree[2];
    a.sql().exec(rows(1, 10, "of all"));
    tree.sync_all();
    c.stop();
    a.sql().exec(rows(11, 500, "of a"));
    b.sql().exec(rows(501, 600, "of b"));
    wait_value(b, "SELECT count(*) FROM item", "600");
    REQUIRE(a.sync().exit_code == 0);
    CHECK(neighbour_report(b, c).at("to_send").at("events") == 590);
    CHECK(b.status().at("safe_to_go_offline") == false);
    const auto removed = b.ctl({"remove", "c"});
    CHECK(removed.exit_code == 0);
    CHECK_THAT(removed.out, contains("- node: 3"));
    // The daemon runs on, and its file is as it was.
    CHECK_FALSE(lists(b, c));
    CHECK_THAT(b.ctl({"status"}).out, !contains("3 c"));
    wait_log_short(b);
    CHECK(b.status().at("safe_to_go_offline") == true);
    const auto again = b.ctl({"remove", "c"});
    CHECK(again.exit_code == 2);
    CHECK_THAT(again.err, contains("it has 1 (a)"));
    b.sql().exec(rows(601, 610, "of b"));
    wait_value(a, "SELECT count(*) FROM item", "610");
    // Nor does it come back when the daemon comes back to its own database.
    const std::string session =
        "FROM pg_stat_activity WHERE datname = 'b' AND application_name = 'trompd wake-up' AND pid <> ";
    const auto before = a.sql().value("SELECT pid " + session + "0");
    a.sql().exec("SELECT pg_terminate_backend(" + before + ")");
    wait_value(a, "SELECT count(*) " + session + before, "1");
    wait_until(std::chrono::seconds(20), "its links go on", [&] { return b.sync().exit_code == 0; });
    CHECK(b.sql().number("SELECT count(*) FROM replication.nodes") == 2);
    CHECK_FALSE(lists(b, c));
    // The one that was removed says why nothing comes, and what it writes waits there.
    c.start();
    c.sql().exec(rows(701, 710, "of c"));
    wait_said(c, "b does not list this node as a neighbour yet");
    CHECK(c.state(b) == "connecting");
    CHECK(c.sql().number("SELECT count(*) FROM item") == 20);
    b.unlink(c);
    b.restart();
    CHECK_FALSE(lists(b, c));
    a.sql().exec(rows(611, 620, "of a"));
    wait_value(b, "SELECT count(*) FROM item", "620");
    CHECK(b.sync().exit_code == 0);
    CHECK(c.sql().number("SELECT count(*) FROM item") == 20);
    CHECK(neighbour_report(c, b).at("to_send").at("events") == 10);
    // And back again: what both have is compared, what each has comes to the other.
    begin_link(b, c);
    wait_error(c, b, "hold different rows");
    join_ok(c, "b");
    tree.sync_all();
    tree.check_equal({"item"});
    CHECK(c.sql().number("SELECT count(*) FROM item") == 630);
}

TEST_CASE("a node that is put elsewhere in the tree, with its new neighbour listed at once, needs no join") {
    Mover mover;
    auto& a = mover.a;
    auto& b = mover.b;
    auto& c = mover.c;
    mover.attach();
    c.init_ok();  // from here on both keep their logs for each other
    wait_value(a, "SELECT count(*) FROM replication.nodes WHERE node = 3", "1");
    const Count count(mover.proxy);
    mover.write_everywhere();
    a.sql().exec("DELETE FROM item WHERE nr BETWEEN 101 AND 120");
    b.sql().exec("DELETE FROM item WHERE nr BETWEEN 121 AND 140");
    c.sql().exec("DELETE FROM item WHERE nr BETWEEN 201 AND 220");
    wait_value(a, "SELECT count(*) FROM item WHERE nr BETWEEN 101 AND 140", "0");
    c.start();
    wait_value(a, "SELECT count(*) FROM item WHERE name = 'new c'", "20");
    wait_value(c, "SELECT count(*) FROM item WHERE name IN ('new a', 'new b')", "40");
    CHECK(count.bytes() < 400'000);
    mover.check_nothing_lost();
    CHECK(a.sql().number("SELECT count(*) FROM item WHERE nr BETWEEN 101 AND 220") == 60);
}

TEST_CASE("a node that comes back to the tree elsewhere is compared, and only what differs travels") {
    Mover mover;
    auto& a = mover.a;
    auto& c = mover.c;
    mover.write_everywhere();
    mover.attach();
    c.start();
    wait_error(c, a, "hold different rows");
    CHECK(c.sql().number("SELECT count(*) FROM item") == filled + 20);
    const Count count(mover.proxy);
    const auto answer = c.json({"join", "a"});
    INFO(boost::json::serialize(answer));
    CHECK(count.bytes() < 600'000);
    mover.check_nothing_lost();
}
