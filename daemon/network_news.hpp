#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string_view>

namespace tromp {

/// Understands what the kernel tells of this machine's network (rtnetlink): does it change who can be reached? Links
/// that come up or go down, addresses and routes that come and go do. What is told over and over of a link that stays
/// as it is does not.
class NetworkNews {
  public:
    /// One datagram, as it was received. What makes no sense is no news.
    bool take(std::string_view datagram);

    /// Messages were lost: whatever is told next may be news.
    void forget() { runs_.clear(); }

  private:
    bool take_message(unsigned type, std::string_view body);
    std::map<int, bool> runs_;  ///< links that were told of, by index
};

/// When to act upon news, which mostly comes in crowds: at the first, once more when all is quiet, and no more often
/// than the links can bear where the network never comes to rest. Knows no clock.
class NewsPace {
  public:
    using TimePoint = std::chrono::steady_clock::time_point;

    void news(TimePoint now);
    /// When to act next; nothing while there is nothing new.
    std::optional<TimePoint> due() const;
    void acted(TimePoint now);

  private:
    std::optional<TimePoint> first_;  ///< of the news that nobody has acted upon
    TimePoint last_;
    std::optional<TimePoint> acted_;
    std::optional<TimePoint> earned_;  ///< how far ahead what was done so far has used up its share of time
};

/// Two clocks that nobody sets. One of them stands still while the machine sleeps.
struct TwoClocks {
    std::chrono::milliseconds awake;  ///< CLOCK_MONOTONIC
    std::chrono::milliseconds all;    ///< CLOCK_BOOTTIME
};

/// Did the machine, or this process, stand still between two looks that were to be `apart`? Then the other ends may
/// have given up on connections that look alive from here.
bool stood_still(const TwoClocks& before, const TwoClocks& now, std::chrono::milliseconds apart);

}  // namespace tromp
