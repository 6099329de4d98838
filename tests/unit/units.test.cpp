#include "common/units.hpp"

#include <chrono>
#include <cstdint>
#include <limits>

#include "tests/support/catch.hpp"

using namespace std::chrono_literals;
using tromp::format_duration;
using tromp::format_size;
using tromp::parse_duration;
using tromp::parse_size;

TEST_CASE("a duration is a whole number and its unit") {
    CHECK(parse_duration("200ms") == 200ms);
    CHECK(parse_duration("10s") == 10s);
    CHECK(parse_duration("5m") == 5min);
    CHECK(parse_duration("2h") == 2h);
    CHECK(parse_duration("30d") == 720h);
    CHECK(parse_duration("0s") == 0ms);
}

TEST_CASE("anything else is no duration") {
    for (const char* text :
         {"", "10", "s", "-1s", "+1s", "1.5h", "1e3s", "10 s", " 10s", "10s ", "10S", "1w", "1min", "1h30m"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_duration(text));
    }
}

TEST_CASE("a duration that does not fit is refused, not wrapped") {
    CHECK(parse_duration("9223372036854775807ms") == std::chrono::milliseconds::max());
    CHECK_FALSE(parse_duration("9223372036854775808ms"));
    CHECK(parse_duration("106751991167d"));
    CHECK_FALSE(parse_duration("106751991168d"));
    CHECK_FALSE(parse_duration("18446744073709551616s"));
}

TEST_CASE("a size is a whole number, and a unit of 1024 times the one before") {
    CHECK(parse_size("0") == 0U);
    CHECK(parse_size("4096") == 4096U);
    CHECK(parse_size("7B") == 7U);
    CHECK(parse_size("1kB") == 1024U);
    CHECK(parse_size("3MB") == 3145728U);
    CHECK(parse_size("10GB") == 10737418240U);
}

TEST_CASE("anything else is no size") {
    for (const char* text : {"", "GB", "-1", "+1", "1.5GB", "1 GB", "1KB", "1kb", "1K", "1TB", "1GBB", "0x10"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_size(text));
    }
}

TEST_CASE("a size that does not fit is refused, not wrapped") {
    CHECK(parse_size("18446744073709551615") == std::numeric_limits<std::uint64_t>::max());
    CHECK_FALSE(parse_size("18446744073709551616"));
    CHECK(parse_size("17179869183GB"));
    CHECK_FALSE(parse_size("17179869184GB"));
}

TEST_CASE("durations are told to people in their two largest units") {
    CHECK(format_duration(0ms) == "0 s");
    CHECK(format_duration(350ms) == "350 ms");
    CHECK(format_duration(1999ms) == "1 s");
    CHECK(format_duration(12s) == "12 s");
    CHECK(format_duration(2min) == "2 min");
    CHECK(format_duration(2min + 5s + 900ms) == "2 min 5 s");
    CHECK(format_duration(1h + 59s) == "1 h");
    CHECK(format_duration(3h + 20min) == "3 h 20 min");
    CHECK(format_duration(24h * 30) == "30 d");
    CHECK(format_duration(25h) == "1 d 1 h");
    CHECK(format_duration(-12s) == "-12 s");
    CHECK(format_duration(std::chrono::milliseconds::min()) == "-106751991167 d 7 h");
}

TEST_CASE("sizes are told to people with two digits at least") {
    CHECK(format_size(0) == "0 B");
    CHECK(format_size(10239) == "10239 B");
    CHECK(format_size(10240) == "10 kB");
    CHECK(format_size(40000) == "39 kB");
    CHECK(format_size(12U << 20U) == "12 MB");
    CHECK(format_size(std::numeric_limits<std::uint64_t>::max()) == "17179869183 GB");
}
