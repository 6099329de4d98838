#pragma once

#include "tests/support/catch.hpp"
#include "tests/support/node.hpp"
#include "tests/support/tree.hpp"
#include "tests/system/ask.hpp"

namespace tromp::test {

/// Two neighbours with an empty table `item (nr, name)`, each in a cluster of its own, which can lose its power or be
/// put back to what it was.
struct Pair {
    explicit Pair(const Cluster::Settings& settings_of_a = {}) : ones(settings_of_a) {
        for (auto* const node : {&a, &b})
            node->sql().exec("CREATE TABLE item (nr bigint PRIMARY KEY, name text)");
        a.link(b);
        b.link(a);
        for (auto* const node : {&a, &b}) {
            node->init_ok();
            node->start();
        }
        sync();
    }

    void sync() {
        for (auto* const node : {&a, &b}) {
            const auto output = node->sync();
            INFO(output.err << tail(node->log(), 20));
            REQUIRE(output.exit_code == 0);
        }
    }

    void check_equal() {
        sync();
        CHECK(small_diff(table_image(a.sql(), "item"), table_image(b.sql(), "item")) == "");
        wait_log_short(a);
        wait_log_short(b);
    }

    /// What the messages say about a node that was moved.
    static void begin_anew(const Node& moved) {
        const auto init = moved.ctl({"init"});
        INFO(init.err);
        REQUIRE(init.exit_code == 0);
        CHECK_THAT(init.out, contains("they begin anew"));
    }

    /// The link is stopped at both ends, and says so to whoever waits for it.
    void check_stopped() const {
        for (const auto& [node, other] : {std::pair{&a, &b}, std::pair{&b, &a}}) {
            CHECK(node->state(*other) == "failed");
            CHECK(node->ctl({"sync", "--wait", "--timeout", "1s"}).exit_code == 1);
        }
    }

    Cluster ones;
    Cluster others;
    Node a{ones, 1, "a"};
    Node b{others, 2, "b"};
};

}  // namespace tromp::test
