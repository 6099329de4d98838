// Random histories of random trees over the rules of tests/model/decisions.hpp, without a server.
//
//   TROMP_MODEL_HISTORIES=200000   runs that many instead
//   RC_PARAMS="seed=…"             runs the same ones again; a failure prints it, with the smallest history found

#include "tests/model/random_history.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/wait_until.hpp"

#include <cstdlib>
#include <iostream>
#include <sstream>

using namespace tromp::model;

namespace {

int wanted_histories() {
    const char* const number = std::getenv("TROMP_MODEL_HISTORIES");
    return number != nullptr ? std::atoi(number) : 500000 / tromp::test::patience;
}

}  // namespace

TEST_CASE(
    "after any history all nodes are equal, each write is final, built upon or kept as a loser, and all logs are "
    "empty") {
    auto params = rc::detail::configuration().testParams;
    params.maxSuccess = wanted_histories();
    std::int64_t conflicts = 0;
    std::int64_t steps = 0;
    const auto result = rc::detail::checkTestable(
        [&](const History& history) {
            const auto outcome = run(history, Rules{});
            conflicts += outcome.conflicts;
            steps += static_cast<std::int64_t>(history.steps.size());
            if (!outcome.wrong.empty()) RC_FAIL(outcome.wrong);
        },
        rc::detail::TestMetadata{}, params);
    std::ostringstream report;
    rc::detail::printResultMessage(result, report);
    std::cout << report.str() << ": seed " << params.seed << ", " << steps << " steps, " << conflicts << " conflicts\n";
    INFO(report.str());
    CHECK(result.is<rc::detail::SuccessResult>());
    CHECK(conflicts > params.maxSuccess / 10);
}
