// A chain A - B - C and one key: every history of up to three writes and six pulls, not a sample of them.
//
// A pull is two steps, reading and applying, between which anything else may happen; so pulls cross in every way. A
// write is an insert where the row is absent, an update or a delete where it is there, or a TRUNCATE; at first all have
// the row, or none. The strengths of the writes are in every order: as a resolver, a clock and a node's priority only
// ever order tags, that covers them all. TRUNCATEs are weaker than any other write, in the same order among themselves.
// Histories that lead to the same state of everything have the same futures, which are gone through once.

#include "tests/model/state.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/wait_until.hpp"

#include <algorithm>
#include <array>
#include <iostream>
#include <unordered_map>

using namespace tromp::model;
using tromp::test::patience;

namespace {

constexpr int most_writes_made = 3;
constexpr int most_pulls = 6;
using Order = std::array<double, most_writes_made>;

struct Point {
    World world;
    int writes = 0;
    int pulls = 0;
};

/// Alike for a world and for its mirror image, whose futures are mirror images as well.
std::string state_of_chain(const World& world) {
    return std::min(state_of(world, false), state_of(world, true));
}

class Enumeration {
  public:
    explicit Enumeration(const Order& strengths) : strengths_(strengths) {}

    /// How many histories begin with this one; each is drained and looked at.
    std::uint64_t histories_from(const Point& point) {
        const auto state = state_of_chain(point.world);
        auto key = state;
        key.push_back(static_cast<char>(8 * point.pulls + point.writes));
        if (const auto known = known_.find(key); known != known_.end()) return known->second;
        check_drained(point.world, state);
        std::uint64_t count = 1;
        if (point.writes < most_writes_made) count += after_writes(point);
        count += after_pulls(point);
        known_.emplace(std::move(key), count);
        return count;
    }

    std::size_t states() const { return sound_.size(); }
    const std::string& wrong() const { return wrong_; }

  private:
    enum class Kind { row, removal, truncate };

    std::uint64_t after_writes(const Point& point) {
        std::uint64_t count = 0;
        for (std::size_t node = 0; node < point.world.size(); ++node) {
            for (const auto kind : {Kind::row, Kind::removal, Kind::truncate}) {
                if (kind == Kind::removal && !point.world[node].rows[0].present) continue;
                auto next = point;
                const auto strength = strengths_[static_cast<std::size_t>(next.writes++)];
                auto& writer = next.world[node];
                const auto xid = writer.begin();
                if (kind == Kind::truncate) {
                    writer.truncate(xid, 0, weakest + strength);
                } else {
                    writer.change(xid, 0, kind == Kind::removal, {strength, strength}, 0);
                }
                writer.commit(xid, next.world.ledger());
                count += histories_from(next);
            }
        }
        return count;
    }

    std::uint64_t after_pulls(const Point& point) {
        std::uint64_t count = 0;
        for (std::size_t node = 0; node < point.world.size(); ++node) {
            for (const auto& [neighbour, link] : point.world[node].links) {
                if (!link.incoming && point.pulls == most_pulls) continue;
                auto next = point;
                if (link.incoming) {
                    finish_pull(next.world, node, neighbour);
                } else {
                    ++next.pulls;
                    pull(next.world[node], next.world.by_number(neighbour), Rules{}, std::nullopt, false);
                    prune_all(next.world);
                }
                count += histories_from(next);
            }
        }
        return count;
    }

    static void finish_pull(World& world, std::size_t node, int neighbour) {
        auto& reader = world[node];
        auto& source = world.by_number(neighbour);
        look(reader, source, Rules{});
        apply(reader, source, Rules{}, world.ledger());
        recheck(reader, source, Rules{}, world.ledger());
        prune_all(world);
    }

    static void prune_all(World& world) {
        for (std::size_t node = 0; node < world.size(); ++node)
            prune(world[node], Rules{});
    }

    /// Goes on by rounds of pulls until there is nothing left, or a state comes that is known to end well.
    void check_drained(World world, std::string state) {
        ++drains_;
        while (wrong_.empty()) {
            const auto [known, is_new] = sound_.emplace(std::move(state), drains_);
            if (!is_new) {
                if (known->second == drains_) wrong_ = "it goes round in a circle";
                return;
            }
            if (world.is_drained()) {
                wrong_ = world.verdict();
                return;
            }
            for (std::size_t node = 0; node < world.size(); ++node) {
                for (const auto& link : world[node].links) {
                    pull(world[node], world.by_number(link.first), Rules{}, std::nullopt, false);
                    finish_pull(world, node, link.first);
                }
            }
            prune_all(world);
            state = state_of_chain(world);
        }
    }

    const Order strengths_;
    std::unordered_map<std::string, std::uint64_t> known_;  ///< by state and what was used up: histories from there
    std::unordered_map<std::string, std::size_t> sound_;    ///< states that end well, by the drain that came by first
    std::size_t drains_ = 0;
    std::string wrong_;
};

/// Under a sanitizer, which looks for other faults and takes its time, a quarter of them.
void enumerate(const std::array<Order, 2>& orders) {
    const bool all = patience == 1;
    std::uint64_t histories = 0;
    std::size_t states = 0;
    for (const auto& order : orders) {
        for (const bool present : {true, false}) {
            if (!all && states > 0) continue;
            Point start{World(1, {0, 1})};
            for (std::size_t node = 0; node < start.world.size(); ++node)
                start.world[node].rows[0].present = present;
            Enumeration enumeration(order);
            histories += enumeration.histories_from(start);
            states += enumeration.states();
            CAPTURE(order[0], order[1], order[2], present);
            REQUIRE(enumeration.wrong() == "");
        }
    }
    std::cout << histories << " histories, through " << states << " states\n";
    CHECK(histories > 1000000000);
}

}  // namespace

// The strengths of the first, second and third write, in all orders. Three tests, so that they run at the same time.

TEST_CASE("along a chain every history of three writes and six pulls ends equal, the first write being the weakest") {
    enumerate({Order{0, 1, 2}, Order{0, 2, 1}});
}

TEST_CASE(
    "along a chain every history of three writes and six pulls ends equal, the first write being the second "
    "strongest") {
    enumerate({Order{1, 0, 2}, Order{1, 2, 0}});
}

TEST_CASE("along a chain every history of three writes and six pulls ends equal, the first write being the strongest") {
    enumerate({Order{2, 0, 1}, Order{2, 1, 0}});
}
