#include "daemon/chunk_size.hpp"
#include "tests/support/catch.hpp"

using namespace tromp;
using Duration = ChunkSize::Duration;

namespace {

constexpr std::uint64_t most = 100000;

/// A link that carries `rate` events a second, after `latency`, takes so many batches.
ChunkSize after_batches(ChunkSize chunk, int batches, double rate, double latency = 0.01) {
    for (int i = 0; i < batches; ++i) {
        const auto events = chunk.events();
        chunk.committed(events, Duration(latency + static_cast<double>(events) / rate));
    }
    return chunk;
}

double seconds_of(const ChunkSize& chunk, double rate) {
    return static_cast<double>(chunk.events()) / rate;
}

}  // namespace

TEST_CASE("a chunk is small at first and as large as may be after the first batch of a fast link") {
    const ChunkSize chunk(most);
    CHECK(chunk.events() == 10000);
    CHECK(after_batches(chunk, 1, 100000).events() == most);
    CHECK(after_batches(chunk, 9, 100000).events() == most);
}

TEST_CASE("after every connect a chunk begins small again, and no larger than it was") {
    auto chunk = after_batches(ChunkSize(most), 3, 100000);
    chunk.connected();
    CHECK(chunk.events() == 10000);
    chunk.broken(Duration(1));
    chunk.connected();
    CHECK(chunk.events() == 2500);
}

TEST_CASE("a chunk of a slow link takes some seconds, whatever its rate") {
    for (const double rate : {0.3, 1.0, 10.0, 640.0, 5000.0}) {
        CAPTURE(rate);
        for (const int batches : {2, 3, 10, 50}) {
            const auto chunk = after_batches(ChunkSize(most), batches, rate);
            CHECK(seconds_of(chunk, rate) <= 10);
            CHECK((chunk.events() <= 2 || seconds_of(chunk, rate) >= 5));
        }
    }
}

TEST_CASE("a chunk has at least one event and never more than it may") {
    CHECK(ChunkSize(0).events() == 1);
    CHECK(ChunkSize(7).events() == 7);
    CHECK(after_batches(ChunkSize(7), 5, 100000).events() == 7);
    CHECK(after_batches(ChunkSize(most), 5, 0.001).events() == 1);
    auto chunk = ChunkSize(most);
    chunk.committed(0, Duration(0));
    CHECK(chunk.events() >= 1);
    for (int i = 0; i < 20; ++i)
        chunk.broken(Duration(0));
    CHECK(chunk.events() == 1);
    CHECK(after_batches(chunk, 5, 1000).events() > 1);
}

TEST_CASE("a transaction that is larger than its chunk counts with all of its events") {
    ChunkSize chunk(most);
    chunk.committed(500000, Duration(5));
    CHECK(chunk.events() == most);
}

TEST_CASE("a link that breaks again and again gets chunks that come through, and larger ones when it lasts") {
    constexpr double rate = 1000;
    constexpr double lasts = 1;
    auto chunk = after_batches(ChunkSize(most), 3, rate);
    int broken = 0;
    int committed = 0;
    double left = lasts;
    for (int i = 0; i < 400; ++i) {
        const auto events = chunk.events();
        const double takes = 0.01 + static_cast<double>(events) / rate;
        if (takes > left) {
            chunk.broken(Duration(left));
            left = lasts;
            ++broken;
        } else {
            chunk.committed(events, Duration(takes));
            left -= takes;
            ++committed;
        }
    }
    CHECK(committed > broken);
    CHECK(seconds_of(after_batches(chunk, 30, rate), rate) >= 5);
}
