#pragma once

#include "tests/model/history.hpp"

#include <rapidcheck.h>

namespace tromp::model {

/// A history of up to four times `size` steps.
inline History draw_history(rc::Random random, int size) {
    History history;
    history.shape = random.next();
    const auto steps = random.next() % (4 * static_cast<std::uint64_t>(size) + 1);
    for (std::uint64_t step = 0; step < steps; ++step)
        history.steps.push_back(random.next());
    return history;
}

}  // namespace tromp::model

/// What fails is made smaller by leaving steps out.
template <>
struct rc::Arbitrary<tromp::model::History> {
    static Gen<tromp::model::History> arbitrary() {
        using tromp::model::History;
        return [](const Random& random, int size) {
            const auto smaller = [](const History& history) {
                return seq::map(shrink::removeChunks(history.steps),
                                [shape = history.shape](std::vector<std::uint64_t> steps) {
                                    return History{shape, std::move(steps)};
                                });
            };
            return shrinkable::shrinkRecur(tromp::model::draw_history(random, size), smaller);
        };
    }
};
