#include "common/report.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "common/error.hpp"
#include "common/json_text.hpp"
#include "tests/support/catch.hpp"

using namespace tromp;
namespace json = boost::json;

namespace {

StatusReport example() {
    StatusReport report;
    report.node = {2, "work", "running", "0.1.0"};
    NeighbourReport home;
    home.node = 1;
    home.name = "home";
    home.state = LinkState::streaming;
    home.to_receive = {0, 0.0};
    home.to_send = {0, 0.0};
    home.last_sync = "2026-11-23T02:00:00Z";
    home.clock_offset_seconds = 0.0;
    home.conflicts = 0;
    home.held_rows = 0;
    report.neighbours = {home};
    report.log = {0, 0};
    report.tree = {{3, "laptop", 1, 2, "2026-11-23T01:58:11Z"}};
    report.safe_to_go_offline = true;
    return report;
}

constexpr auto example_text = R"({
  "node": {"number": 2, "name": "work", "daemon": "running", "version": "0.1.0"},
  "neighbours": [
    {
      "node": 1,
      "name": "home",
      "state": "streaming",
      "to_receive": {"events": 0, "seconds": 0.0},
      "to_send": {"events": 0, "seconds": 0.0},
      "last_sync": "2026-11-23T02:00:00Z",
      "last_error": null,
      "retry_in_seconds": null,
      "clock_offset_seconds": 0.0,
      "conflicts": 0,
      "held_rows": 0
    }
  ],
  "log": {"events": 0, "bytes": 0},
  "tree": [
    {"node": 3, "name": "laptop", "via": 1, "hops": 2, "fresh_as_of": "2026-11-23T01:58:11Z"}
  ],
  "safe_to_go_offline": true
})";

}  // namespace

TEST_CASE("a status has the members that scripts rely on, in their order") {
    CHECK(json_text(to_json(example())) == example_text);
}

TEST_CASE("a status survives the wire") {
    auto report = example();
    report.neighbours[0].state = LinkState::backing_off;
    report.neighbours[0].last_error = "connection refused: \"home\"";
    report.neighbours[0].retry_in_seconds = 1.5;
    report.neighbours[0].reason = "it does not list us";
    report.neighbours[0].to_send = {9007199254740993, 86400.25};
    const auto sent = to_json(report);
    const auto received = json::parse(json::serialize(sent)).as_object();
    CHECK(json_text(to_json(status_from_json(received))) == json_text(sent));
    CHECK(status_from_json(received).neighbours[0].to_send.events == 9007199254740993);
}

TEST_CASE("what is not known is null on the wire and stays so") {
    StatusReport report;
    report.neighbours.resize(1);
    const auto object = to_json(report);
    const auto& neighbour = object.at("neighbours").at(0).as_object();
    for (const auto* key :
         {"state", "last_sync", "last_error", "retry_in_seconds", "clock_offset_seconds", "conflicts", "held_rows"}) {
        CAPTURE(key);
        CHECK(neighbour.at(key).is_null());
    }
    CHECK(neighbour.at("to_receive").at("events").is_null());
    CHECK(neighbour.at("to_receive").at("seconds").is_null());
    CHECK_FALSE(neighbour.contains("reason"));
    const auto back = status_from_json(object);
    CHECK_FALSE(back.neighbours[0].state);
    CHECK_FALSE(back.neighbours[0].to_receive.events);
}

TEST_CASE("every state has a word that leads back to it") {
    for (const auto state :
         {LinkState::connecting, LinkState::catching_up, LinkState::streaming, LinkState::backing_off,
          LinkState::paused, LinkState::stale, LinkState::resynchronising, LinkState::failed}) {
        CHECK(link_state_from(to_string(state)) == state);
    }
    CHECK(to_string(LinkState::catching_up) == "catching_up");
    CHECK_FALSE(link_state_from("asleep"));
}

TEST_CASE("it is safe to go offline only when that is known") {
    auto neighbours = example().neighbours;
    CHECK(nothing_to_send(neighbours));
    CHECK(nothing_to_send({}));
    neighbours[0].to_send.events = 1;
    CHECK_FALSE(nothing_to_send(neighbours));
    neighbours[0].to_send.events = std::nullopt;
    CHECK_FALSE(nothing_to_send(neighbours));
}

TEST_CASE("an answer that is no status is an error, not a crash") {
    for (const auto* text : {"{}", R"({"node": 1})", R"({"node": {"number": "two"}})"}) {
        CAPTURE(text);
        CHECK_THROWS_AS(status_from_json(json::parse(text).as_object()), Error);
    }
}

TEST_CASE("numbers look as people write them") {
    CHECK(json_text(json::value(0.0)) == "0.0");
    CHECK(json_text(json::value(1.25)) == "1.25");
    CHECK(json_text(json::value(-0.0000001)) == "0.0");
    CHECK(json_text(json::value(123456789.0)) == "123456789.0");
    CHECK(json_text(json::array{}) == "[]");
}
