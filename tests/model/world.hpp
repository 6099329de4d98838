#pragma once

#include "tests/model/replication.hpp"

#include <string>
#include <utility>
#include <vector>

namespace tromp::model {

/// A tree of nodes with equal, empty tables, and the one who sees all.
class World {
  public:
    /// `parents[i]` is the index of the node that node i + 1 is linked to.
    World(std::size_t keys, const std::vector<std::size_t>& parents, const Rules& rules = {});

    std::size_t size() const { return nodes_.size(); }
    Node& operator[](std::size_t index) { return nodes_[index]; }
    const Node& operator[](std::size_t index) const { return nodes_[index]; }
    Node& by_number(int number) { return nodes_[static_cast<std::size_t>(number) - 1]; }
    Ledger& ledger() { return ledger_; }
    const Ledger& ledger() const { return ledger_; }
    const Rules& rules() const { return rules_; }

    /// Users commit, and everything that is under way comes to its end, until nothing is left to do.
    void drain();
    /// After drain(): what does not hold; empty if all does.
    std::string verdict() const;

    /// Nothing is logged and nothing under way.
    bool is_drained() const;

  private:
    void exchange(Node& reader, Node& source);

    std::vector<Node> nodes_;  ///< node number n at n - 1
    Ledger ledger_;
    Rules rules_;
};

}  // namespace tromp::model
