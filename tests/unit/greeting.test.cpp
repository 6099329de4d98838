#include "daemon/greeting.hpp"

#include "common/request.hpp"
#include "tests/support/catch.hpp"

using namespace tromp;

/// How a link begins, and begins anew: docs/resync.md.
namespace {

constexpr int reader = 2;
const Peer source{1, "a"};

/// Both ends know each other's names, and have read.
StoredState own() {
    StoredState state;
    state.position = Snapshot{100, {}};
    state.own_link = "b's name";
    state.identity.link = "a's name";
    state.used = true;
    state.whole = true;
    return state;
}

BatchHeader theirs() {
    BatchHeader header;
    header.identity.link = "a's name";
    header.link_of_us = "b's name";
    header.read_of_us = Snapshot{50, {}};
    header.acknowledged = Snapshot{90, {}};
    return header;
}

const LostPast nothing{};
const LostPast theirs_lost{"a went back", ""};

}  // namespace

TEST_CASE("ends that know each other's names read") {
    CHECK(greet(own(), theirs(), nothing, source, reader).step == GreetingStep::read);
    CHECK(is_agreed(own(), theirs(), nothing, source, reader));
    auto fresh = own();
    fresh.used = false;
    CHECK(greet(fresh, theirs(), nothing, source, reader).step == GreetingStep::use);
    CHECK_FALSE(is_agreed(fresh, theirs(), nothing, source, reader));
}

TEST_CASE("a name that is not known is learned, under a new one where the old one was used") {
    auto header = theirs();
    header.identity.link = "a's next name";
    auto greeting = greet(own(), header, nothing, source, reader);
    CHECK(greeting.step == GreetingStep::learn);
    CHECK(greeting.takes_new_name);
    CHECK(greeting.behind);
    CHECK(greeting.keeps_position);

    auto fresh = own();
    fresh.used = false;
    fresh.behind = true;
    CHECK_FALSE(greet(fresh, header, nothing, source, reader).takes_new_name);

    // Who meets one that went back is not merely behind it, and goes by what that one remembers.
    greeting = greet(own(), header, theirs_lost, source, reader);
    CHECK_FALSE(greeting.behind);
    CHECK_FALSE(greeting.keeps_position);
    CHECK(greeting.in_common);
    header.acknowledged = Snapshot{200, {}};  // of a past that is not ours
    CHECK_FALSE(greet(own(), header, theirs_lost, source, reader).in_common);
}

TEST_CASE("a lost past begins the link anew, at whichever end it was lost") {
    auto greeting = greet(own(), theirs(), theirs_lost, source, reader);
    CHECK(greeting.step == GreetingStep::begin_anew);
    CHECK_FALSE(greeting.behind);
    CHECK(greeting.because == "a went back");
    greeting = greet(own(), theirs(), LostPast{"", "we went back"}, source, reader);
    CHECK(greeting.step == GreetingStep::begin_anew);
    CHECK(greeting.behind);
}

TEST_CASE("an end that goes by an older name of ours is waited for; one that reads nothing is not") {
    auto header = theirs();
    header.link_of_us = "b's name of old";
    CHECK(greet(own(), header, nothing, source, reader).step == GreetingStep::wait);
    header.link_of_us.clear();
    CHECK(greet(own(), header, nothing, source, reader).step == GreetingStep::wait);  // it may read by its position
    header.read_of_us.reset();
    CHECK(greet(own(), header, nothing, source, reader).step == GreetingStep::read);
}

TEST_CASE("one end compares: the one that is merely behind, else the one with the lower number") {
    CHECK(is_comparing_end(2, true, 1, false));
    CHECK_FALSE(is_comparing_end(1, false, 2, true));
    CHECK(is_comparing_end(1, true, 2, true));
    CHECK(is_comparing_end(1, false, 2, false));
    CHECK_FALSE(is_comparing_end(2, false, 1, false));
}

TEST_CASE("the end that does not compare is whole when the other one is done") {
    auto state = own();
    state.whole = false;
    auto header = theirs();
    CHECK_FALSE(greet(state, header, nothing, source, reader).whole_again);  // nobody asked for it
    state.asked = Request{.kind = "join"}.text();
    CHECK(greet(state, header, nothing, source, reader).whole_again);
    CHECK_FALSE(is_agreed(state, header, nothing, source, reader));
    header.comparing.emplace(7, ComparedSoFar{});
    CHECK_FALSE(greet(state, header, nothing, source, reader).whole_again);
    header.comparing.at(7).done = true;
    CHECK(greet(state, header, nothing, source, reader).whole_again);
}

TEST_CASE("a request survives its way through the database") {
    const Request request{"repair", 2, {"public.item", "other.Odd \"name\""}};
    const auto read = parse_request(request.text());
    CHECK(read.kind == "repair");
    CHECK(read.from == 2);
    CHECK(read.tables == request.tables);
    CHECK_THROWS_AS(parse_request("[]"), Error);
}
