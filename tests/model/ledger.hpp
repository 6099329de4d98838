#pragma once

#include "tests/model/decisions.hpp"

#include <bitset>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace tromp::model {

/// A committed change of one row by a user, numbered in the order of the commits.
using Write = int;
constexpr Write no_write = -1;
constexpr std::size_t most_writes = 256;

/// A row, or its absence: whose write it is. Rows are opaque, so this is all that can be compared.
struct Image {
    Write made_by = no_write;
    bool present = false;
    bool operator==(const Image&) const = default;
};

/// Sees everything and has no part in the protocol: which write was made upon which, and what became of each.
class Ledger {
  public:
    using Writes = std::bitset<most_writes>;

    bool full() const { return lineage_.size() >= most_writes; }
    /// A write upon what it found. A TRUNCATE is one for each row, with numbers below 0.
    Write add(const Tag& tag, const Image& found);
    /// The writes of this key that the row has come from.
    Writes lineage(const Image& image) const;
    /// `by` was committed while a delete of its key was applied to nothing, and counts as made upon it.
    void overtake(const Image& removal, const Tag& by);
    /// Who has read `tag` must read it again, and so may come to decide about it twice.
    void repeat(const Tag& tag);
    /// The same of a row's absence, where a TRUNCATE made it: it goes along.
    void repeat(const Image& image);
    /// A node has decided that `loser` gives way, and keeps it.
    void lose(int node, const Image& loser);
    /// The same of a row's absence that a TRUNCATE made, which is met by one TRUNCATE after another.
    void lose_truncate(int node, const Image& loser);
    /// Two deletes met: there is nothing to keep, one stands for the other.
    void merge(const Image& loser);
    /// The side that ends with `loser` has lost to `winner`: had it seen the winner?
    void compare(const Tag& winner, const Tag& loser);

    /// Decisions are told to `story` from now on, which has to outlive this.
    void tell(std::string& story) { story_ = &story; }
    bool tells() const { return story_ != nullptr; }
    void note(const std::string& line) const { *story_ += line + '\n'; }
    /// A write for a story, as w3.
    std::string name(const Tag& tag) const { return 'w' + std::to_string(find(tag)); }

    int conflicts() const { return conflicts_; }
    /// What is wrong when `final` is what all nodes have; empty if nothing.
    std::string verdict(const std::vector<Image>& final) const;

    /// Everything on which the verdict depends, with the nodes in this order; not for more than a few writes.
    void append_to(std::vector<int>& words, const std::vector<int>& nodes) const;

  private:
    Write find(const Tag& tag) const;

    std::vector<Writes> lineage_;  ///< by write, itself included
    std::map<std::pair<int, std::int64_t>, Write> by_tag_;
    std::map<std::pair<int, Write>, int> lost_;
    Writes overtaken_;  ///< by writes that count as made upon them
    Writes repeated_;   ///< may be decided about twice
    Writes merged_;
    Writes truncates_;
    int beaten_ = 0;
    int conflicts_ = 0;
    std::string* story_ = nullptr;
};

}  // namespace tromp::model
