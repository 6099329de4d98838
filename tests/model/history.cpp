#include "tests/model/history.hpp"

#include "tests/model/draw.hpp"

#include <array>
#include <ostream>

namespace tromp::model {
namespace {

enum class Action { write, begin, commit, roll_back, pull, look, apply, drop, recheck, prune, compact, crash };

struct Chance {
    Action action;
    const char* name;
    std::size_t weight;
};

constexpr std::array chances{
    Chance{Action::write, "write", 22},    Chance{Action::begin, "begin", 5},
    Chance{Action::commit, "commit", 12},  Chance{Action::roll_back, "roll back", 2},
    Chance{Action::pull, "pull", 20},      Chance{Action::look, "look", 16},
    Chance{Action::apply, "apply", 16},    Chance{Action::drop, "drop", 2},
    Chance{Action::recheck, "recheck", 8}, Chance{Action::prune, "prune", 5},
    Chance{Action::compact, "compact", 3}, Chance{Action::crash, "crash", 1},
};

constexpr std::size_t all_weights() {
    std::size_t sum = 0;
    for (const auto& chance : chances)
        sum += chance.weight;
    return sum;
}

const Chance& draw_action(Draw& draw) {
    auto left = draw.below(all_weights());
    for (const auto& chance : chances) {
        if (left < chance.weight) return chance;
        left -= chance.weight;
    }
    return chances.back();
}

std::string step_in_words(std::uint64_t number, std::size_t nodes) {
    Draw draw(number);
    const auto* const name = draw_action(draw).name;
    return std::string("- ") + name + " at " + std::to_string(draw.below(nodes) + 1);
}

struct Shape {
    std::size_t keys;
    Resolver resolver;
    std::vector<std::size_t> parents;
    std::vector<std::int64_t> skews;
    bool truncates = false;  ///< in half of the worlds, since it clears away much of what else would happen
};

Shape draw_shape(std::uint64_t number) {
    Draw draw(number);
    constexpr std::array<std::int64_t, 6> skews{0, 0, -500, 500, -100000, 100000};
    Shape shape{1 + draw.below(3), static_cast<Resolver>(draw.below(4)), {}, {}, false};
    const auto nodes = 2 + draw.below(6);
    for (std::size_t node = 0; node < nodes; ++node) {
        if (node > 0) shape.parents.push_back(draw.below(node));
        shape.skews.push_back(skews[draw.below(skews.size())]);
    }
    shape.truncates = draw.below(2) == 0;
    return shape;
}

class Run {
  public:
    Run(const Shape& shape, const Rules& rules, std::string* story)
        : shape_(shape), world_(shape.keys, shape.parents, rules) {
        if (story != nullptr) world_.ledger().tell(*story);
    }

    void step(std::uint64_t number) {
        Draw draw(number);
        const auto action = draw_action(draw).action;
        auto& node = world_[draw.below(world_.size())];
        auto peer = node.links.begin();
        std::advance(peer, static_cast<std::ptrdiff_t>(draw.below(node.links.size())));
        auto& source = world_.by_number(peer->first);
        const auto& rules = world_.rules();
        ++time_;
        if (world_.ledger().tells()) world_.ledger().note(step_in_words(number, world_.size()));
        switch (action) {
            case Action::write:
                if (shape_.truncates && draw.below(5) == 0) return truncate(node, draw);
                return write(node, draw);
            case Action::begin:
                node.begin();
                return;
            case Action::commit:
                if (const auto xid = draw_open(node, draw); xid != 0) node.commit(xid, world_.ledger());
                return;
            case Action::roll_back:
                if (const auto xid = draw_open(node, draw); xid != 0) node.finish(xid, false);
                return;
            case Action::pull: {
                const bool chunked = draw.below(5) < 2;
                const bool moves = draw.below(4) == 0;
                const auto chunk = chunked ? std::optional(draw.below(8)) : std::nullopt;
                pull(node, source, rules, chunk, moves);
                return;
            }
            case Action::look:
                look(node, source, rules);
                return;
            case Action::apply:
                apply(node, source, rules, world_.ledger());
                return;
            case Action::drop:
                node.drop_incoming(source.number);
                return;
            case Action::recheck:
                recheck(node, source, rules, world_.ledger());
                return;
            case Action::prune:
                prune(node, rules);
                return;
            case Action::compact:
                compact(node, rules);
                return;
            case Action::crash:
                node.crash();
                return;
        }
    }

    Outcome finish() {
        world_.drain();
        return {world_.verdict(), world_.ledger().conflicts()};
    }

  private:
    /// A statement in a transaction that is open, or in one of its own, which may be left open.
    void write(Node& node, Draw& draw) {
        if (++writes_ >= static_cast<int>(most_writes)) return;
        auto xid = draw.below(3) == 0 ? draw_open(node, draw) : 0;
        if (xid == 0) xid = node.begin();
        const bool deletes = draw.below(5) < 2;
        const auto key = draw.below(shape_.keys);
        const auto skew = shape_.skews[static_cast<std::size_t>(node.number) - 1];
        node.change(xid, key, deletes, draw_strengths(shape_.resolver, node.number, draw), time_ + skew);
        if (draw.below(2) == 0) node.commit(xid, world_.ledger());
    }

    void truncate(Node& node, Draw& draw) {
        writes_ += static_cast<int>(shape_.keys);
        if (writes_ >= static_cast<int>(most_writes)) return;
        auto xid = draw.below(2) == 0 ? draw_open(node, draw) : 0;
        if (xid == 0) xid = node.begin();
        node.truncate(xid, time_ + shape_.skews[static_cast<std::size_t>(node.number) - 1]);
        if (draw.below(2) == 0) node.commit(xid, world_.ledger());
    }

    const Shape& shape_;
    World world_;
    std::int64_t time_ = 1000000;
    int writes_ = 0;
};

}  // namespace

std::ostream& operator<<(std::ostream& out, const History& history) {
    const auto shape = draw_shape(history.shape);
    out << "resolver " << static_cast<int>(shape.resolver) << ", " << shape.keys << " keys; node 1";
    for (std::size_t child = 0; child < shape.parents.size(); ++child)
        out << ", " << child + 2 << " at " << shape.parents[child] + 1;
    std::string story;
    run(history, Rules{}, &story);
    out << '\n' << story;
    return out;
}

Outcome run(const History& history, const Rules& rules, std::string* story) {
    const auto shape = draw_shape(history.shape);
    Run run(shape, rules, story);
    for (const auto number : history.steps)
        run.step(number);
    return run.finish();
}

}  // namespace tromp::model
