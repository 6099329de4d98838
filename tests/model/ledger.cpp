#include "tests/model/ledger.hpp"

#include <algorithm>

namespace tromp::model {
namespace {

std::size_t index(Write write) {
    return static_cast<std::size_t>(write);
}

}  // namespace

Write Ledger::find(const Tag& tag) const {
    const auto found = by_tag_.find({tag.origin, tag.number, tag.version});
    return found == by_tag_.end() ? no_write : found->second;  // a comparison made it
}

Write Ledger::add(const Tag& tag, const Image& found, bool present) {
    const auto write = static_cast<Write>(lineage_.size());
    lineage_.push_back(lineage(found));
    lineage_.back().set(index(write));
    const auto birth = found.made_by == no_write ? no_write : birth_[index(found.made_by)];
    birth_.push_back(found.present ? birth : write);
    by_tag_[{tag.origin, tag.number, tag.version}] = write;
    removals_.set(index(write), !present);
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
    const auto write = find(tag);
    if (write != no_write) repeated_.set(index(write));
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

void Ledger::merge(const Image& loser, const Image& standing) {
    if (loser.made_by == no_write) return;
    if (!upheaval_) {
        merged_.set(index(loser.made_by));
    } else if (standing.made_by != no_write && !loser.present && !standing.present) {
        absences_.emplace_back(loser.made_by, standing.made_by);
    }
}

void Ledger::answer(const Image& loser) {
    if (loser.made_by != no_write) merged_.set(index(loser.made_by));
}

void Ledger::answer_absence(const Image& image) {
    if (image.made_by != no_write && !logged_.test(index(image.made_by))) merged_.set(index(image.made_by));
}

void Ledger::have(int node, const Image& image) {
    had_[node] |= lineage(image);
}

Ledger::Writes Ledger::had(int node) const {
    const auto found = had_.find(node);
    return found == had_.end() ? Writes{} : found->second;
}

void Ledger::go_back(int node, const Writes& had) {
    had_[node] = had;
}

void Ledger::compare(const Tag& winner, const Tag& loser) {
    const auto stronger = find(winner);
    const auto last = find(loser);
    if (upheaval_ || stronger == last || repeated_.test(index(stronger))) return;
    if (lineage_[index(last)].test(index(stronger))) ++beaten_;
}

Ledger::Writes Ledger::accounted_for(const std::vector<Image>& final) const {
    auto accounted = merged_ | overtaken_;
    for (const auto& image : final) {
        if (image.made_by != no_write) accounted.set(index(image.made_by));
    }
    for (const auto& lost : lost_)
        accounted.set(index(lost.first.second));
    for (std::size_t write = 0; write < lineage_.size(); ++write) {
        auto upon = lineage_[write];
        upon.reset(write);
        accounted |= upon;
    }
    return accounted;
}

std::string Ledger::verdict_after_upheaval(const std::vector<Image>& final) const {
    auto accounted = accounted_for(final);
    for (std::size_t before = 0; before != accounted.count();) {
        before = accounted.count();
        for (const auto& [one, other] : absences_) {
            if (accounted.test(index(one)) || accounted.test(index(other))) accounted.set(index(one)).set(index(other));
        }
    }
    Writes anywhere;
    for (const auto& had : had_)
        anywhere |= had.second;
    accounted |= ~anywhere;
    // A delete is answered where the row that it deleted has not come back.
    auto answered = removals_;
    for (std::size_t write = 0; write < lineage_.size(); ++write) {
        for (const auto& image : final) {
            if (image.present && image.made_by != no_write && birth_[index(image.made_by)] == birth_[write])
                answered.reset(write);
        }
    }
    accounted |= answered;
    for (std::size_t write = 0; write < lineage_.size(); ++write) {
        if (!accounted.test(write)) return "write " + std::to_string(write) + " is lost in silence";
    }
    return {};
}

std::string Ledger::verdict(const std::vector<Image>& final) const {
    if (upheaval_) return verdict_after_upheaval(final);
    if (beaten_ > 0) return "a write lost to one that it was made upon";
    for (const auto& [where, times] : lost_) {
        if (times > 1 && !repeated_.test(index(where.second)))
            return "write " + std::to_string(where.second) + " lost twice on node " + std::to_string(where.first);
    }
    const auto accounted = accounted_for(final);
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
            if (std::get<0>(tag) == nodes[node]) words.insert(words.end(), {static_cast<int>(std::get<1>(tag)), write});
        }
        for (Write write = 0; write < static_cast<Write>(lineage_.size()); ++write) {
            const auto lost = lost_.find({nodes[node], write});
            words.push_back(lost == lost_.end() ? 0 : lost->second);
        }
    }
}

}  // namespace tromp::model
