#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/chaos/world.hpp"

namespace tromp::test {

/// Brings the faults of a plan about and ends them, at their times.
class FaultRunner {
  public:
    explicit FaultRunner(World& world) : world_(world) {}

    /// Until the plan's time is over.
    void run();
    /// Ends all that are still there, and what libfaketime may have done to servers with a clock of their own.
    void heal();
    /// How often each was brought about.
    const std::map<std::string, int>& done() const { return done_; }
    int total() const;

  private:
    using Clock = std::chrono::steady_clock;
    using Target = std::pair<int, std::size_t>;  // what kind of thing, and which
    struct Active {
        Target target;
        Clock::time_point until;
        std::function<void()> end;
    };

    void begin(const FaultPlan& fault);
    void end_due(Clock::time_point now);

    World& world_;
    std::vector<Active> active_;
    std::map<std::string, int> done_;
};

/// The names that a plan chooses from when nobody says which.
std::vector<std::string> fault_names();

}  // namespace tromp::test
