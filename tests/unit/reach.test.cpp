#include "daemon/reach.hpp"

#include "common/error.hpp"
#include "tests/support/catch.hpp"

using namespace tromp;
using tromp::test::contains;

namespace {

Reached at(std::vector<int> path) {
    const int node = path.back();
    return {node, "n" + std::to_string(node), "i" + std::to_string(node), std::move(path), 0};
}

/// Node 1, with neighbour 2 that leads to 4.
Place node_one() {
    return {1, "i1", {{2, {at({2}), at({2, 4})}}}, false};
}

}  // namespace

TEST_CASE("a link to nodes that nothing else leads to is accepted") {
    CHECK(refuse_link(node_one(), 3, {at({3}), at({3, 5})}).empty());
    CHECK(refuse_link({1, "i1", {}, false}, 2, {at({2})}).empty());
}

TEST_CASE("a new link that closes a ring is refused, with the ring named") {
    CHECK_THAT(refuse_link(node_one(), 3, {at({3}), at({3, 4}), at({3, 4, 2}), at({3, 4, 2, 1})}),
               contains("closes a ring: 1 - 3 - 4 - 2 - 1"));
}

TEST_CASE("a ring that somebody believes in who has not heard of the end of a link is none") {
    CHECK(refuse_link(node_one(), 3, {at({3}), at({3, 5}), at({3, 5, 1})}).empty());  // 5 is no neighbour of 1 any more
    CHECK(refuse_link(node_one(), 3, {at({3}), at({3, 4})}).empty());                 // 4 was 2's neighbour
}

TEST_CASE("of a ring whose links came up at once every node refuses the same one") {
    const auto accepted = [](int node, int other) {
        return Place{node, "i" + std::to_string(node), {{other, {at({other})}}}, true};
    };
    // 1 - 2 - 4 - 3 - 1: the highest edge is 4 - 3.
    CHECK(refuse_link(accepted(1, 2), 3, {at({3}), at({3, 4}), at({3, 4, 2}), at({3, 4, 2, 1})}).empty());
    CHECK(refuse_link(accepted(3, 4), 1, {at({1}), at({1, 2}), at({1, 2, 4}), at({1, 2, 4, 3})}).empty());
    CHECK_THAT(refuse_link(accepted(3, 1), 4, {at({4}), at({4, 2}), at({4, 2, 1}), at({4, 2, 1, 3})}),
               contains("node 4 closes a ring"));
    CHECK_THAT(refuse_link(accepted(4, 2), 3, {at({3}), at({3, 1}), at({3, 1, 2}), at({3, 1, 2, 4})}),
               contains("node 3 closes a ring"));
}

TEST_CASE("a node number that two databases use is named, wherever they are, unless one of them may be gone") {
    constexpr std::int64_t hours = 3'600'000'000;
    auto neighbour = at({3});
    auto other = at({3, 4});
    other.incarnation = "elsewhere";
    auto us = at({3, 1});
    us.incarnation = "elsewhere";
    CHECK_THAT(refuse_link(node_one(), 3, {neighbour, other}), contains("node number 4 is used by two databases"));
    CHECK_THAT(refuse_link(node_one(), 3, {neighbour, us}), contains("node number 1 is used by two databases"));
    neighbour.fresh = 2 * hours;
    CHECK(refuse_link(node_one(), 3, {neighbour, us}).empty());
    other.fresh = 2 * hours;
    CHECK(refuse_link(node_one(), 3, {neighbour, other}).empty());
}

TEST_CASE("what a neighbour says of the tree is read, and nonsense is refused") {
    const auto reach = parse_reach(R"([{"node":2,"name":"b","incarnation":"x","path":[2],"fresh":5},
                                       {"node":3,"name":"c","incarnation":"y","path":[2,3],"fresh":4}])");
    REQUIRE(reach.size() == 2);
    CHECK(reach[1].path == std::vector<int>{2, 3});
    CHECK(reach[1].fresh == 4);
    for (const char* const text :
         {"", "{}", "[1]", R"([{"node":2}])", R"([{"node":2,"name":"b","incarnation":"x","path":[],"fresh":5}])",
          R"([{"node":2,"name":"b","incarnation":"x","path":[3],"fresh":5}])"}) {
        INFO(text);
        CHECK_THROWS_AS(parse_reach(text), Error);
    }
}

TEST_CASE("freshness alone is no change of the tree") {
    Reach one{at({2})};
    Reach other{at({2})};
    other[0].fresh = 7;
    CHECK(same_tree(one, other));
    other.push_back(at({2, 3}));
    CHECK_FALSE(same_tree(one, other));
}
