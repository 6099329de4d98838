#include "daemon/chunk_size.hpp"

#include <algorithm>
#include <cmath>

namespace tromp {
namespace {

using Duration = ChunkSize::Duration;

constexpr std::uint64_t first_events = 10000;
constexpr Duration longest{8};
constexpr Duration shortest{0.05};
// From the first to the largest in one step, where the link is fast.
constexpr double fastest_growth = 100;
constexpr std::uint64_t smaller_when_broken = 4;
// A link that broke may last longer next time.
constexpr double recovery = 1.25;

}  // namespace

ChunkSize::ChunkSize(std::uint64_t most)
    : most_(std::max<std::uint64_t>(most, 1)), events_(std::min(most_, first_events)), aim_(longest) {}

void ChunkSize::connected() {
    events_ = std::min(events_, first_events);
}

void ChunkSize::committed(std::uint64_t events, Duration took) {
    const double rate = static_cast<double>(std::max<std::uint64_t>(events, 1)) / std::max(took.count(), 1e-6);
    const double wish = std::min(rate * aim_.count(), static_cast<double>(events_) * fastest_growth);
    events_ = wish >= static_cast<double>(most_) ? most_ : std::max<std::uint64_t>(static_cast<std::uint64_t>(wish), 1);
    aim_ = std::min(aim_ * recovery, longest);
}

void ChunkSize::broken(Duration after) {
    events_ = std::max<std::uint64_t>(events_ / smaller_when_broken, 1);
    aim_ = std::clamp(after / 2, shortest, aim_);
}

}  // namespace tromp
