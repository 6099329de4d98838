#include "common/backoff.hpp"

#include <algorithm>

namespace tromp {

Backoff::milliseconds Backoff::next() {
    step_ = step_ == milliseconds::zero() ? first_ : step_ > max_ / 2 ? max_ : step_ * 2;
    step_ = std::min(step_, max_);
    return milliseconds(std::uniform_int_distribution<milliseconds::rep>(step_.count() / 2, step_.count())(random_));
}

}  // namespace tromp
