#pragma once

#include <chrono>
#include <random>

namespace tromp {

/// How long to wait before the next attempt: doubles from `first` to `max` with each failure, and is spread over the
/// upper half by chance, so that many nodes do not knock at once. Knows no clock: the caller waits.
class Backoff {
  public:
    using milliseconds = std::chrono::milliseconds;
    Backoff(milliseconds first, milliseconds max, unsigned seed = std::random_device{}())
        : first_(first), max_(max), random_(seed) {}

    /// After a failure; between half of the present step and all of it, never above `max`.
    milliseconds next();
    /// After a success.
    void reset() { step_ = milliseconds::zero(); }

  private:
    milliseconds first_;
    milliseconds max_;
    milliseconds step_{0};
    std::minstd_rand random_;
};

}  // namespace tromp
