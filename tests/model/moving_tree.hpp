#pragma once

#include "tests/model/node.hpp"

#include <deque>
#include <string>

namespace tromp::model {

/// A tree that changes: nodes come, links are taken off and put on elsewhere, databases are set back; and the one who
/// sees all. What a person does to it beside writing.
class MovingTree {
  protected:
    MovingTree(std::size_t keys, const Rules& rules) : keys_(keys), rules_(rules) { ledger_.expect_upheaval(); }

    static std::size_t index(const Node& node) { return static_cast<std::size_t>(node.number) - 1; }
    Node& by_number(int number) { return nodes_[static_cast<std::size_t>(number) - 1]; }

    /// With a clock that is off by so much.
    Node& add_node(std::int64_t skew);
    /// `both_empty`: they need no comparison.
    void connect(Node& one, Node& other, bool both_empty);
    void disconnect(Node& one, Node& other);
    /// The nodes that this one reaches.
    std::vector<int> part_of(int start) const;

    /// For the ledger: what this node has had.
    void note_rows(const Node& node);
    void apply_and_note(Node& reader, Node& source);

    void crash(Node& node);
    /// Tries the held row again. While a batch is at work here it waits.
    void retry(Node& node, std::size_t key);
    void back_up(const Node& node);
    /// The topology is what it is: what the backup says of other links is of no use.
    void restore(Node& node);

    void everybody_reads();
    /// Users commit, and everything comes to its end, until nothing is left to do.
    void drain();
    /// After drain(): what does not hold; empty if all does.
    std::string verdict() const;

    const std::size_t keys_;
    const Rules rules_;
    std::deque<Node> nodes_;           ///< node number n at n - 1
    std::vector<std::int64_t> skews_;  ///< by node
    Ledger ledger_;
    int names_ = 0;
    int restores_ = 0;
    int held_in_all_ = 0;

  private:
    struct Backup {
        Node node;
        Ledger::Writes had;
    };

    bool is_unread(const Event& event, const Node& node);
    void note_logs();
    void exchange(Node& reader, Node& source);
    bool is_at_rest(const Node& node) const;

    std::map<int, Backup> backups_;
    std::map<std::pair<int, std::size_t>, Image> lent_;  ///< deletes that a node knows only as an absence
    std::map<std::pair<int, int>, int> born_;            ///< links, by their ends: which one it is
    std::map<std::pair<int, int>, int> backed_up_;       ///< the same when the backup was made
};

}  // namespace tromp::model
