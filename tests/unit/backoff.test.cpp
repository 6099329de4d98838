#include "common/backoff.hpp"
#include "daemon/retry.hpp"
#include "tests/support/catch.hpp"

using namespace tromp;
using namespace std::chrono_literals;

TEST_CASE("a back-off doubles up to its bound, in the upper half of each step") {
    Backoff backoff(100ms, 1s, 7);
    for (const auto step : {100ms, 200ms, 400ms, 800ms, 1000ms, 1000ms}) {
        const auto delay = backoff.next();
        CHECK(delay >= step / 2);
        CHECK(delay <= step);
    }
    backoff.reset();
    CHECK(backoff.next() <= 100ms);
}

TEST_CASE("two nodes that fail together do not knock together") {
    Backoff one(1s, 1min, 1);
    Backoff other(1s, 1min, 2);
    int equal = 0;
    for (int i = 0; i < 6; ++i)
        equal += one.next() == other.next() ? 1 : 0;
    CHECK(equal < 3);
}

TEST_CASE("errors are told apart by their SQLSTATE") {
    for (const char* state : {"40001", "40P01", "55P03"})
        CHECK(is_contention(state));
    for (const char* state : {"57P01", "57P03", "53300", "53100", "08006", "58030", "40001"})
        CHECK(is_transient(state));
    for (const char* state : {"23505", "42501", "42P01", "22P02", "55000"}) {
        CHECK_FALSE(is_transient(state));
        CHECK_FALSE(is_contention(state));
    }
}
