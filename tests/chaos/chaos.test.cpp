#include <cstdlib>
#include <iostream>
#include <random>
#include <sstream>

#include "tests/chaos/faults.hpp"
#include "tests/chaos/run.hpp"
#include "tests/support/catch.hpp"

using namespace tromp::test;

namespace {

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
    const char* const given = std::getenv(name);
    return given != nullptr ? std::strtoull(given, nullptr, 10) : otherwise;
}

/// All, or those of TROMP_CHAOS_FAULTS, divided by commas; "none" is none.
std::vector<std::string> chosen_faults() {
    const char* const given = std::getenv("TROMP_CHAOS_FAULTS");
    if (given == nullptr) return fault_names();
    std::vector<std::string> names;
    std::istringstream in(given);
    for (std::string name; std::getline(in, name, ',');) {
        if (name != "none") names.push_back(name);
    }
    return names;
}

void tell_what_is_left_out() {
    if (!SmallDisk::obstacle().empty()) std::cout << "no full disks: " << SmallDisk::obstacle() << std::endl;
    if (!clock_obstacle().empty()) std::cout << "no shifted clocks: " << clock_obstacle() << std::endl;
}

}  // namespace

TEST_CASE("random trees under random writes and random faults end equal, with nothing lost") {
    tell_what_is_left_out();
    PlanLimits limits;
    limits.lasts = std::chrono::seconds(setting("TROMP_CHAOS_SECONDS", 6));
    limits.most_nodes = setting("TROMP_CHAOS_NODES", 7);
    limits.faults = chosen_faults();
    const auto first = setting("TROMP_CHAOS_SEED", std::random_device{}());
    const auto runs = setting("TROMP_CHAOS_RUNS", 10);
    for (auto seed = first; seed < first + runs; ++seed) {
        const auto plan = make_plan(seed, limits);
        std::cout << "TROMP_CHAOS_SEED=" << seed << std::endl;
        const auto report = carry_out(plan);
        std::cout << line(report) << std::endl;
        INFO(describe(plan) << complaints(report));
        CHECK(report.ok());
    }
}
