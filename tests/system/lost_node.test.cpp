#include "tests/system/moving.hpp"

using namespace tromp::test;

/// A node is gone for good, and others take its place. shared_events.test.cpp has what two nodes know of a third one
/// that is gone.
namespace {

/// a - b - c, and b is gone for good, with what a and c have for each other.
struct DeadMiddle {
    DeadMiddle() : tree(Tree::chain(3, with_items())) {
        a.sql().exec(rows(1, 300, "of all"));
        tree.sync_all();
    }
    void kill_b() {
        b.kill();
        Database(tree.cluster().conninfo("postgres")).exec("DROP DATABASE b WITH (FORCE)");
        a.sql().exec(rows(1001, 1100, "of a") + "; UPDATE item SET name = 'a changed' WHERE nr <= 60");
        c.sql().exec(rows(2001, 2100, "of c") + "; UPDATE item SET name = 'c changed' WHERE nr BETWEEN 41 AND 100");
        a.sql().exec("DELETE FROM item WHERE nr BETWEEN 101 AND 110");
        c.sql().exec("DELETE FROM item WHERE nr BETWEEN 111 AND 120");
    }
    void check_nothing_lost(const std::vector<Node*>& chain, int more = 0) {
        check_whole(chain);
        CHECK(a.sql().number("SELECT count(*) FROM item") == 300 - 20 + 200 + more);
        for (int nr = 1; nr <= 100; ++nr) {
            CAPTURE(nr);
            if (nr <= 60) CHECK(is_kept(chain, nr, "a changed"));
            if (nr > 40) CHECK(is_kept(chain, nr, "c changed"));
        }
        CHECK(a.sql().number("SELECT count(*) FROM item WHERE nr BETWEEN 101 AND 120") == 0);
    }
    Tree tree;
    Node& a = tree[0];
    Node& b = tree[1];
    Node& c = tree[2];
};

}  // namespace

TEST_CASE("when a node between two others is gone for good they are linked, and nothing that waited is lost") {
    DeadMiddle nodes;
    auto& a = nodes.a;
    auto& c = nodes.c;
    SECTION("b had nothing that only one of them has") {
        nodes.kill_b();
        // First the new link, so that what waits for b waits for the other one.
        begin_link(a, c);
        begin_link(c, a);
        end_link(a, nodes.b);
        end_link(c, nodes.b);
        nodes.check_nothing_lost({&a, &c});
    }
    SECTION("what a wrote has come to b, and no further") {
        c.stop();
        a.sql().exec(rows(3001, 3050, "at b"));
        wait_value(nodes.b, "SELECT count(*) FROM item WHERE name = 'at b'", "50");
        REQUIRE(a.sync().exit_code == 0);
        wait_log_short(a);
        nodes.b.stop();
        c.unlink(nodes.b);  // it does not come to b any more
        c.start();
        nodes.kill_b();
        begin_link(a, c);
        begin_link(c, a);
        end_link(a, nodes.b);
        REQUIRE(c.ctl({"remove", "b"}).exit_code == 0);
        // Only a comparison can tell of them: no log does.
        wait_error(c, a, "hold different rows");
        join_ok(c, "a");
        nodes.check_nothing_lost({&a, &c}, 50);
    }
}

TEST_CASE("a new node takes the place of one that is gone for good, and nothing that waited is lost") {
    DeadMiddle nodes;
    auto& a = nodes.a;
    auto& c = nodes.c;
    nodes.kill_b();
    Node d(nodes.tree.cluster(), 4, "d", with_items().nodes);
    d.sql().exec(with_items().schema);
    for (auto* const end : {&a, &c}) {
        begin_link(d, *end);
        begin_link(*end, d);
        end_link(*end, nodes.b);
    }
    d.init_ok();
    d.start();
    join_ok(d, "a");
    join_ok(d, "c");
    nodes.check_nothing_lost({&a, &d, &c});
}
