#include "tests/chaos/plan.hpp"

#include <set>

#include "tests/chaos/faults.hpp"
#include "tests/support/catch.hpp"

using namespace tromp::test;

namespace {

PlanLimits limits() {
    PlanLimits limits;
    limits.faults = fault_names();
    return limits;
}

/// What the writers will do, in so many numbers.
std::vector<int> writes(const Plan& plan) {
    std::vector<int> numbers;
    for (const auto& writer : plan.writers) {
        for (const auto& transaction : writer.transactions) {
            for (const auto& operation : transaction.operations) {
                numbers.push_back(static_cast<int>(operation.verb));
                numbers.insert(numbers.end(), operation.keys.begin(), operation.keys.end());
            }
        }
    }
    return numbers;
}

}  // namespace

TEST_CASE("the plan of a chaos run follows from its seed alone") {
    const auto plan = make_plan(11, limits());
    make_plan(12, limits());
    const auto again = make_plan(11, limits());
    CHECK(describe(plan) == describe(again));
    CHECK(writes(plan) == writes(again));
    CHECK(writes(plan) != writes(make_plan(12, limits())));
}

TEST_CASE("the plans of many seeds have trees of all sizes and every fault") {
    std::set<std::size_t> sizes;
    std::set<std::string> faults;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        const auto plan = make_plan(seed, limits());
        sizes.insert(plan.nodes.size());
        CHECK(plan.links.size() == plan.nodes.size() - 1);
        for (const auto& fault : plan.faults)
            faults.insert(fault.name);
    }
    CHECK(sizes == std::set<std::size_t>{2, 3, 4, 5, 6, 7});
    const auto names = fault_names();
    CHECK(faults == std::set<std::string>(names.begin(), names.end()));
}

TEST_CASE("the diameter of a plan is its longest way") {
    Plan plan;
    plan.nodes.resize(2);
    plan.links = {{0, 1}};
    CHECK(diameter(plan) == 1);
    plan.nodes.resize(5);
    plan.links = {{0, 1}, {0, 2}, {0, 3}, {0, 4}};
    CHECK(diameter(plan) == 2);
    plan.links = {{0, 1}, {0, 2}, {1, 3}, {3, 4}};
    CHECK(diameter(plan) == 4);
}
