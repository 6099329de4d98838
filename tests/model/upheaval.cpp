#include "tests/model/upheaval.hpp"

#include "tests/model/comparison.hpp"
#include "tests/model/draw.hpp"
#include "tests/model/greeting.hpp"
#include "tests/model/moving_tree.hpp"
#include "tests/model/replication.hpp"

#include <algorithm>

namespace tromp::model {
namespace {

constexpr std::size_t most_nodes = 7;

enum class Deed {
    write,
    begin,
    commit,
    roll_back,
    pull,
    compare,
    look,
    apply,
    drop,
    recheck,
    prune,
    compact,
    crash,
    retry,
    back_up,
    restore,
    join,
    relink,
    forsake,
    renew
};

struct Chance {
    Deed deed;
    const char* name;
    std::size_t weight;
};

constexpr std::array chances{
    Chance{Deed::write, "write", 44},        Chance{Deed::begin, "begin", 4},  Chance{Deed::commit, "commit", 20},
    Chance{Deed::roll_back, "roll back", 3}, Chance{Deed::pull, "pull", 44},   Chance{Deed::compare, "compare", 24},
    Chance{Deed::look, "look", 44},          Chance{Deed::apply, "apply", 44}, Chance{Deed::drop, "drop", 4},
    Chance{Deed::recheck, "recheck", 14},    Chance{Deed::prune, "prune", 14}, Chance{Deed::compact, "compact", 6},
    Chance{Deed::crash, "crash", 3},         Chance{Deed::retry, "retry", 5},  Chance{Deed::back_up, "back up", 4},
    Chance{Deed::restore, "restore", 3},     Chance{Deed::join, "join", 1},    Chance{Deed::relink, "relink", 2},
    Chance{Deed::forsake, "forsake", 2},     Chance{Deed::renew, "renew", 1},
};

constexpr std::size_t all_weights() {
    std::size_t sum = 0;
    for (const auto& chance : chances)
        sum += chance.weight;
    return sum;
}

const Chance& draw_chance(Draw& draw, bool rough) {
    constexpr std::size_t first_upheaval = 14;
    if (rough && draw.below(8) == 0) return chances[first_upheaval + draw.below(chances.size() - first_upheaval)];
    auto left = draw.below(all_weights());
    for (const auto& chance : chances) {
        if (left < chance.weight) return chance;
        left -= chance.weight;
    }
    return chances.back();
}

class Upheaval : MovingTree {
  public:
    Upheaval(std::uint64_t shape, int resolver, const Upheavals& kinds, const Rules& rules, std::string* story)
        : MovingTree(1 + shape % 3, rules), resolver_(static_cast<Resolver>(resolver)), kinds_(kinds) {
        if (story != nullptr) ledger_.tell(*story);
        Draw draw(shape / 3);
        tidy_ = draw.below(3);
        rough_ = draw.below(3) == 0;
        truncates_ = kinds.truncates && draw.below(2) == 0;
        refuses_ = kinds.refusals && draw.below(2) == 0;
        const auto nodes = 2 + draw.below(4);
        for (std::size_t node = 0; node < nodes; ++node) {
            add_node(draw_skew(draw));
            if (node > 0) connect(nodes_[node], nodes_[draw.below(node)], true);
        }
    }

    void step(std::uint64_t number) {
        Draw draw(number);
        const auto& chance = draw_chance(draw, rough_);
        ++time_;
        auto& node = nodes_[draw.below(nodes_.size())];
        node.wall = time_ + skews_[index(node)];
        if (ledger_.tells()) ledger_.note(std::string("- ") + chance.name + " at " + std::to_string(node.number));
        if (draw.below(4) < tidy_) prune(nodes_[draw.below(nodes_.size())], rules_);
        do_deed(chance.deed, node, draw);
        for (auto& each : nodes_)
            note_rows(each);
    }

    UpheavalOutcome finish() {
        drain();
        outcome_.wrong = verdict();
        outcome_.count[0] = ledger_.conflicts();
        outcome_.count[3] = restores_;
        outcome_.count[7] = held_in_all_;
        return outcome_;
    }

  private:
    static std::int64_t draw_skew(Draw& draw) {
        constexpr std::array<std::int64_t, 6> skews{0, 0, -500, 500, -100000, 100000};
        return skews[draw.below(skews.size())];
    }

    void read(Node& node, Node& source, Draw& draw) {
        if (!greet(node, source, names_, rules_)) return;
        const bool chunked = draw.below(5) < 2;
        const bool moves = draw.below(4) == 0;
        const auto chunk = chunked ? std::optional(draw.below(8)) : std::nullopt;
        pull(node, source, rules_, chunk, moves);
        node.links.at(source.number).bond.seen = source.now();
        ++node.commits;
    }

    void compare_some(Node& node, Node& source, Draw& draw) {
        if (!greet(node, source, names_, rules_)) return;
        if (compare(node, source, rules_, 1 + draw.below(keys_))) ++outcome_.count[6];
    }

    void do_deed(Deed deed, Node& node, Draw& draw) {
        switch (deed) {
            case Deed::write:
                if (truncates_ && draw.below(8) == 0) return truncate(node, draw);
                return write(node, draw);
            case Deed::begin:
                node.begin();
                return;
            case Deed::commit:
                if (const auto xid = draw_open(node, draw); xid != 0) node.commit(xid, ledger_);
                return;
            case Deed::roll_back:
                if (const auto xid = draw_open(node, draw); xid != 0) node.finish(xid, false);
                return;
            case Deed::prune:
                return prune(node, rules_);
            case Deed::compact:
                return compact(node, rules_);
            case Deed::crash:
                return crash(node);
            case Deed::retry:
                return retry(node, draw.below(keys_));
            case Deed::back_up:
                if (kinds_.restores) back_up(node);
                return;
            case Deed::restore:
                if (kinds_.restores) restore(node);
                return;
            case Deed::join:
                if (kinds_.joins) join(draw);
                return;
            default:
                break;
        }
        if (node.links.empty()) return;
        auto peer = node.links.begin();
        std::advance(peer, static_cast<std::ptrdiff_t>(draw.below(node.links.size())));
        do_with(deed, node, by_number(peer->first), draw);
    }

    void do_with(Deed deed, Node& node, Node& source, Draw& draw) {
        switch (deed) {
            case Deed::pull:
                return read(node, source, draw);
            case Deed::compare:
                return compare_some(node, source, draw);
            case Deed::look: {
                const auto refused = refuses_ && draw.below(3) == 0 ? 1 + draw.below(7) : 0;
                look(node, source, rules_, refused);
                return;
            }
            case Deed::apply:
                return apply_and_note(node, source);
            case Deed::drop:
                return node.drop_incoming(source.number);
            case Deed::recheck:
                recheck(node, source, rules_, ledger_);
                return;
            case Deed::relink:
                if (kinds_.relinks) relink(node, source, draw);
                return;
            case Deed::forsake:
                if (!kinds_.stale) return;
                ++outcome_.count[4];
                return mark_stale(node, source.number, names_, rules_);
            case Deed::renew:
                if (!kinds_.renewals) return;
                ++outcome_.count[5];
                return begin_anew(node, source.number, names_, rules_);
            default:
                return;
        }
    }

    /// A statement in a transaction that is open, or in one of its own, which may be left open.
    void write(Node& node, Draw& draw) {
        if (++writes_ >= static_cast<int>(most_writes)) return;
        auto xid = draw.below(3) == 0 ? draw_open(node, draw) : 0;
        if (xid == 0) xid = node.begin();
        const bool deletes = draw.below(5) < 2;
        const auto key = draw.below(keys_);
        node.change(xid, key, deletes, draw_strengths(resolver_, node.number, draw), node.wall);
        if (draw.below(2) == 0) node.commit(xid, ledger_);
    }

    void truncate(Node& node, Draw& draw) {
        writes_ += static_cast<int>(keys_);
        if (writes_ >= static_cast<int>(most_writes)) return;
        auto xid = draw.below(2) == 0 ? draw_open(node, draw) : 0;
        if (xid == 0) xid = node.begin();
        node.truncate(xid, node.wall);
        if (draw.below(2) == 0) node.commit(xid, ledger_);
    }

    /// A node comes, empty or with rows of its own.
    void join(Draw& draw) {
        if (nodes_.size() >= most_nodes) return;
        ++outcome_.count[1];
        auto& peer = nodes_[draw.below(nodes_.size())];
        auto& node = add_node(draw_skew(draw));
        node.wall = time_;
        if (draw.below(3) != 0) {
            for (std::size_t key = 0; key < keys_ && ++writes_ < static_cast<int>(most_writes); ++key) {
                if (draw.below(5) < 2)
                    node.rows[key] = {ledger_.add({0, node.wall, node.number, node.next_id++}, {}, true), true};
            }
        }
        connect(node, peer, false);
    }

    /// A part of the tree is taken off, and put on elsewhere, after a while.
    void relink(Node& node, Node& neighbour, Draw& draw) {
        ++outcome_.count[2];
        disconnect(node, neighbour);
        const auto one_part = part_of(node.number);
        const auto other_part = part_of(neighbour.number);
        if (draw.below(2) == 0) {
            for (int round = 0; round < 2; ++round)
                everybody_reads();
        }
        connect(by_number(one_part[draw.below(one_part.size())]), by_number(other_part[draw.below(other_part.size())]),
                false);
    }

    Resolver resolver_;
    Upheavals kinds_;
    UpheavalOutcome outcome_;
    std::size_t tidy_ = 0;
    bool rough_ = false;
    bool truncates_ = false;
    bool refuses_ = false;
    int writes_ = 0;
    std::int64_t time_ = 1000000;
};

}  // namespace

UpheavalOutcome run_upheaval(const History& history, int resolver, const Upheavals& kinds, const Rules& rules,
                             std::string* story) {
    Upheaval upheaval(history.shape, resolver, kinds, rules, story);
    for (const auto number : history.steps)
        upheaval.step(number);
    return upheaval.finish();
}

}  // namespace tromp::model
