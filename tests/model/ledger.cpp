#include "tests/model/ledger.hpp"

#include <algorithm>

namespace tromp::model {
namespace {

std::size_t index(Write write) {
    return static_cast<std::size_t>(write);
}

}  // namespace

Write Ledger::find(const Tag& tag) const {
    return by_tag_.at({tag.origin, tag.number});
}

Write Ledger::add(const Tag& tag, const Image& found) {
    const auto write = static_cast<Write>(lineage_.size());
    lineage_.push_back(lineage(found));
    lineage_.back().set(index(write));
    by_tag_[{tag.origin, tag.number}] = write;
    truncates_.set(index(write), tag.number < 0);
    return write;
}

Ledger::Writes Ledger::lineage(const Image& image) const {
    return image.made_by == no_write ? Writes{} : lineage_[index(image.made_by)];
}

void Ledger::overtake(const Image& removal, const Tag& by) {
    overtaken_ |= lineage(removal);
    repeat(by);
}

void Ledger::repeat(const Tag& tag) {
    repeated_.set(index(find(tag)));
}

void Ledger::repeat(const Image& image) {
    if (image.made_by != no_write && truncates_.test(index(image.made_by))) repeated_.set(index(image.made_by));
}

void Ledger::lose(int node, const Image& loser) {
    ++conflicts_;
    if (loser.made_by != no_write) ++lost_[{node, loser.made_by}];
}

void Ledger::lose_truncate(int node, const Image& loser) {
    ++conflicts_;
    if (loser.made_by != no_write) lost_[{node, loser.made_by}] = 1;
}

void Ledger::merge(const Image& loser) {
    if (loser.made_by != no_write) merged_.set(index(loser.made_by));
}

void Ledger::compare(const Tag& winner, const Tag& loser) {
    const auto stronger = find(winner);
    const auto last = find(loser);
    if (stronger == last || repeated_.test(index(stronger))) return;
    if (lineage_[index(last)].test(index(stronger))) ++beaten_;
}

std::string Ledger::verdict(const std::vector<Image>& final) const {
    if (beaten_ > 0) return "a write lost to one that it was made upon";
    auto accounted = merged_ | overtaken_;
    for (const auto& image : final) {
        if (image.made_by != no_write) accounted.set(index(image.made_by));
    }
    for (const auto& [where, times] : lost_) {
        if (times > 1 && !repeated_.test(index(where.second)))
            return "write " + std::to_string(where.second) + " lost twice on node " + std::to_string(where.first);
        accounted.set(index(where.second));
    }
    for (std::size_t write = 0; write < lineage_.size(); ++write) {
        auto upon = lineage_[write];
        upon.reset(write);
        accounted |= upon;
    }
    for (std::size_t write = 0; write < lineage_.size(); ++write) {
        if (!accounted.test(write)) return "write " + std::to_string(write) + " is lost in silence";
    }
    return {};
}

void Ledger::append_to(std::vector<int>& words, const std::vector<int>& nodes) const {
    const auto append = [&](const Writes& writes) { words.push_back(static_cast<int>(writes.to_ulong())); };
    words.push_back(static_cast<int>(lineage_.size()));
    for (const auto& upon : lineage_)
        append(upon);
    append(merged_);
    append(overtaken_);
    append(repeated_);
    words.push_back(beaten_);
    for (std::size_t node = 0; node < nodes.size(); ++node) {
        for (const auto& [tag, write] : by_tag_) {
            if (tag.first == nodes[node]) words.insert(words.end(), {static_cast<int>(tag.second), write});
        }
        for (Write write = 0; write < static_cast<Write>(lineage_.size()); ++write) {
            const auto lost = lost_.find({nodes[node], write});
            words.push_back(lost == lost_.end() ? 0 : lost->second);
        }
    }
}

}  // namespace tromp::model
