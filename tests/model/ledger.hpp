#pragma once

#include "tests/model/decisions.hpp"

#include <bitset>
#include <map>
#include <string>
#include <tuple>
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

    /// Databases may go back and links begin anew from now on, so that a write may lose to one that it was made upon,
    /// if it is kept; a write may go with the disks of all who had it; and where two deletes meet, either answers for
    /// both.
    void expect_upheaval() { upheaval_ = true; }

    bool full() const { return lineage_.size() >= most_writes; }
    /// A write upon what it found, which leaves a row or, being a delete, none. A TRUNCATE is one for each row, with
    /// numbers below 0.
    Write add(const Tag& tag, const Image& found, bool present);
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
    void merge(const Image& loser, const Image& standing);
    /// The side that ends with `loser` has lost to `winner`: had it seen the winner?
    void compare(const Tag& winner, const Tag& loser);

    /// A TRUNCATE met a row that was inserted since the row which it deleted had been deleted elsewhere as well.
    void answer(const Image& loser);
    /// An absence was found at both ends of a link that began anew, and no side tells of it: it stands for all deletes
    /// of which no log tells any more.
    void answer_absence(const Image& image);
    /// Which writes the logs tell of.
    void note_logged(const Writes& logged) { logged_ = logged; }
    Write find(const Tag& tag) const;
    /// The node has, or had, what the image was made of.
    void have(int node, const Image& image);
    Writes had(int node) const;
    /// The node went back to a state in which it had had these.
    void go_back(int node, const Writes& had);

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
    Writes accounted_for(const std::vector<Image>& final) const;
    std::string verdict_after_upheaval(const std::vector<Image>& final) const;

    std::vector<Writes> lineage_;  ///< by write, itself included
    std::vector<Write> birth_;     ///< by write, the insert with which the row began
    std::map<std::tuple<int, std::int64_t, std::int64_t>, Write> by_tag_;  ///< origin, number, version
    std::map<std::pair<int, Write>, int> lost_;
    Writes overtaken_;  ///< by writes that count as made upon them
    Writes repeated_;   ///< may be decided about twice
    Writes merged_;
    Writes truncates_;
    Writes removals_;
    Writes logged_;
    std::vector<std::pair<Write, Write>> absences_;  ///< deletes that met
    std::map<int, Writes> had_;                      ///< by node
    bool upheaval_ = false;
    int beaten_ = 0;
    int conflicts_ = 0;
    std::string* story_ = nullptr;
};

}  // namespace tromp::model
