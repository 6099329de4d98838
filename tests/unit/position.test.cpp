#include "common/position.hpp"

#include "common/error.hpp"
#include "tests/support/catch.hpp"

#include <random>
#include <set>

using namespace tromp;

TEST_CASE("a snapshot keeps its text form") {
    for (const char* text : {"1:1:", "10:20:10,14,15", "742:742:"})
        CHECK(Snapshot::parse(text).text() == text);
    CHECK(Snapshot::parse("10:20:10,14").xip_array() == "{10,14}");
    CHECK(Snapshot{}.text() == "1:1:");
}

TEST_CASE("what is no snapshot is refused") {
    for (const char* text : {"", "1", "1:2", "1:2:x", "1:2:3", "5:9:7,6", "5:9:6,6", "1:0:", "a:b:", "1:2:1,"}) {
        INFO(text);
        CHECK_THROWS_AS(Snapshot::parse(text), Error);
    }
}

TEST_CASE("a snapshot contains finished transactions only") {
    const auto snapshot = Snapshot::parse("10:20:10,14");
    CHECK(snapshot.contains(9));
    CHECK_FALSE(snapshot.contains(10));
    CHECK(snapshot.contains(11));
    CHECK_FALSE(snapshot.contains(20));
}

TEST_CASE("a position ends at the last event read, because ids above may be used again after a crash") {
    const auto now = Snapshot::parse("842:942:842,900");
    const auto position = cut(now, Snapshot{}, 850);
    CHECK(position.text() == "842:851:842");
    CHECK_FALSE(position.contains(942));
    CHECK(cut(now, Snapshot::parse("7:9:7"), 0).text() == "7:9:7");
}

TEST_CASE("a position that reads an old transaction keeps the rest of what it had") {
    const auto old = Snapshot::parse("10:20:10,14,16");
    const auto now = Snapshot::parse("16:30:16");
    CHECK(cut(now, old, 12).text() == "14:20:14,16");
    CHECK(cut(now, old, 14).text() == "16:20:16");
    CHECK(cut(now, old, 25).text() == "16:26:16");
}

TEST_CASE("a position never moves back and covers exactly what was read") {
    std::mt19937 random(20261123);
    const auto pick = [&](Xid from, Xid to) { return std::uniform_int_distribution<Xid>(from, to)(random); };
    for (int history = 0; history < 20000; ++history) {
        Snapshot old;
        old.xmax = pick(1, 20);
        Snapshot now;
        now.xmax = pick(old.xmax, 30);
        for (Xid xid = 1; xid < old.xmax; ++xid) {
            if (pick(0, 3) == 0) old.xip.push_back(xid);
        }
        for (Xid xid = 1; xid < now.xmax; ++xid) {
            const bool was_finished = old.contains(xid);
            if (!was_finished && pick(0, 2) == 0) now.xip.push_back(xid);
        }
        const Xid last = pick(1, now.xmax);
        if (last == now.xmax || !now.contains(last) || old.contains(last))
            continue;  // the last event read is unread and visible
        const auto position = cut(now, old, last);
        for (Xid xid = 1; xid < 35; ++xid) {
            const bool expected = old.contains(xid) || (xid <= last && now.contains(xid));
            INFO("old " << old.text() << " now " << now.text() << " last " << last << " xid " << xid << " gives "
                        << position.text());
            REQUIRE(position.contains(xid) == expected);
        }
        REQUIRE(Snapshot::parse(position.text()) == position);
    }
}

TEST_CASE("a place in the log is flushed when the flush has reached it, or the page whose header it is in") {
    CHECK(parse_lsn("1/2A") == 0x10000002A);
    CHECK_THROWS_AS(parse_lsn("12"), Error);
    CHECK_THROWS_AS(parse_lsn("1/zz"), Error);
    CHECK(is_flushed(1000, 1000));
    CHECK_FALSE(is_flushed(1000, 999));
    CHECK(is_flushed(8192 * 3 + 24, 8192 * 3));
    CHECK(is_flushed(8192 * 3 + 40, 8192 * 3));
    CHECK_FALSE(is_flushed(8192 * 3 + 41, 8192 * 3));
    CHECK_FALSE(is_flushed(8192 * 3 + 24, 8192 * 3 - 1));
}
