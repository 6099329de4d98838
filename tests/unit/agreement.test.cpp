#include "daemon/agreement.hpp"
#include "tests/support/catch.hpp"

using tromp::shares_meet;

TEST_CASE(
    "two nodes may share sequences among different numbers while a tree is widened, if no number is given twice") {
    CHECK_FALSE(shares_meet(1, 10, 2, 20));
    CHECK_FALSE(shares_meet(10, 30, 3, 10));
    CHECK(shares_meet(1, 10, 2, 15));
    CHECK(shares_meet(1, 10, 11, 20));  // 11 is one of the first node's numbers
    CHECK(shares_meet(1, 0, 2, 10));
}

TEST_CASE("where sequences do not meet, no number of the one node is one of the other's") {
    constexpr int enough = 200;
    const auto gives = [](int node, int max_nodes, int number) { return number % max_nodes == node % max_nodes; };
    for (int max_nodes = 1; max_nodes <= 6; ++max_nodes) {
        for (int other_max = 1; other_max <= 12; ++other_max) {
            for (int node = 1; node <= max_nodes; ++node) {
                for (int other = 1; other <= other_max; ++other) {
                    if (node == other || shares_meet(node, max_nodes, other, other_max)) continue;
                    for (int number = 1; number < enough; ++number)
                        REQUIRE_FALSE((gives(node, max_nodes, number) && gives(other, other_max, number)));
                }
            }
        }
    }
}
