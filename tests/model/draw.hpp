#pragma once

#include "tests/model/node.hpp"

namespace tromp::model {

/// Takes small numbers off a large one.
class Draw {
  public:
    explicit Draw(std::uint64_t number) : number_(number) {}
    std::size_t below(std::size_t limit) {
        const auto result = static_cast<std::size_t>(number_ % limit);
        number_ /= limit;
        return result;
    }

  private:
    std::uint64_t number_;
};

enum class Resolver { last_update_wins, delete_wins, node_priority, random };

Strengths draw_strengths(Resolver resolver, int node, Draw& draw);

/// One of the user's open transactions there, or 0.
Xid draw_open(const Node& node, Draw& draw);

}  // namespace tromp::model
