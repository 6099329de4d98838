#include "tests/chaos/plan.hpp"

#include <algorithm>
#include <random>
#include <sstream>

#include "tests/chaos/tables.hpp"

namespace tromp::test {
namespace {

using std::chrono::milliseconds;

/// All writers move on from key to key at about the same pace, so that what they have come to is not overwritten for
/// ever.
constexpr std::size_t transactions_per_key = 6;

/// A claim is one of so many numbers of the node's own, or else one of so many that all nodes go for.
constexpr int own_claims = 12;
constexpr int claims_of_all = 3;

/// A TRUNCATE clears away much of what else would happen, so half of the runs have none, and the others one in so many
/// operations.
constexpr std::size_t truncates_seldom = 30;

class Dice {
  public:
    explicit Dice(std::uint64_t seed) : random_(seed) {}

    /// From `least` to `most`, both included.
    std::uint64_t between(std::uint64_t least, std::uint64_t most) { return least + random_() % (most - least + 1); }
    std::size_t below(std::size_t limit) { return random_() % limit; }
    bool one_in(std::size_t n) { return below(n) == 0; }
    milliseconds time(std::uint64_t least, std::uint64_t most) { return milliseconds(between(least, most)); }
    std::uint64_t any() { return random_(); }

  private:
    std::mt19937_64 random_;
};

void plan_tree(Plan& plan, Dice& dice, std::size_t most_nodes) {
    const auto nodes = dice.between(2, most_nodes);
    const auto clusters = dice.between(1, std::min<std::size_t>(nodes, 3));
    for (std::size_t index = 0; index < clusters; ++index) {
        auto& cluster = plan.clusters.emplace_back();
        cluster.prepares = dice.one_in(2);
        cluster.small_disk = dice.one_in(2);
        cluster.own_clock = dice.one_in(3);
    }
    for (std::size_t index = 0; index < nodes; ++index) {
        auto& node = plan.nodes.emplace_back();
        node.cluster = index < clusters ? index : dice.below(clusters);
        if (dice.one_in(4)) node.max_rows = static_cast<int>(dice.between(1, 40));
        if (index == 0) continue;
        auto& link = plan.links.emplace_back();
        link.one = dice.below(index);
        link.other = index;
        link.both = dice.one_in(5);
    }
}

int plan_claim(Dice& dice, int first_key, std::size_t node) {
    if (dice.one_in(2)) return first_key + static_cast<int>(dice.below(claims_of_all));
    return 100000 * (static_cast<int>(node) + 1) + first_key + static_cast<int>(dice.below(own_claims));
}

Operation plan_operation(Dice& dice, int first_key, std::size_t node) {
    static constexpr Verb verbs[] = {Verb::insert, Verb::insert, Verb::insert, Verb::upsert, Verb::update, Verb::update,
                                     Verb::update, Verb::remove, Verb::remove, Verb::rename, Verb::trade};
    Operation operation;
    operation.verb = verbs[dice.below(std::size(verbs))];
    operation.table = dice.below(chaos_tables().size());
    const auto place = static_cast<int>(dice.below(chaos_keys));
    const auto key = [&](int offset) { return first_key + (place + offset) % chaos_keys; };
    operation.keys = {key(0)};
    if (operation.verb == Verb::rename) {
        operation.keys.push_back(key(static_cast<int>(dice.between(1, chaos_keys - 1))));
    } else if (operation.verb == Verb::trade || dice.one_in(4)) {
        const auto more = static_cast<int>(dice.between(1, 5));
        for (int offset = 1; offset <= more; ++offset)
            operation.keys.push_back(key(offset));
    }
    if (operation.keys.size() == 1 && dice.one_in(2)) operation.claim = plan_claim(dice, first_key, node);
    operation.undone = dice.one_in(10);
    if (dice.one_in(20)) operation.linger = dice.time(50, 800);
    return operation;
}

Operation plan_truncate(Dice& dice) {
    Operation operation;
    operation.verb = Verb::truncate;
    operation.table = dice.below(chaos_tables().size());
    const auto& children = chaos_tables()[operation.table].referred_to_by;
    operation.cascade = !children.empty() && dice.one_in(2);
    if (!operation.cascade) operation.more_tables = children;
    const auto other = dice.below(chaos_tables().size());
    const auto& more = operation.more_tables;
    const bool named = other == operation.table || std::find(more.begin(), more.end(), other) != more.end();
    if (!named && chaos_tables()[other].referred_to_by.empty() && dice.one_in(3))
        operation.more_tables.push_back(other);
    operation.undone = dice.one_in(10);
    return operation;
}

Transaction plan_transaction(Dice& dice, int first_key, std::size_t node, bool truncates) {
    Transaction transaction;
    const auto operations = dice.one_in(3) ? dice.between(2, 5) : 1;
    for (std::uint64_t index = 0; index < operations; ++index) {
        transaction.operations.push_back(
            truncates && dice.one_in(truncates_seldom) ? plan_truncate(dice) : plan_operation(dice, first_key, node));
    }
    const auto ending = dice.below(20);
    if (ending < 2) transaction.ending = Ending::roll_back;
    if (ending == 2 || ending == 3) transaction.ending = Ending::commit_prepared;
    if (ending == 4) transaction.ending = Ending::roll_back_prepared;
    transaction.pause = dice.one_in(10) ? dice.time(100, 500) : dice.time(0, 30);
    return transaction;
}

void plan_writers(Plan& plan, Dice& dice) {
    // A writer does not come further than this in the time there is; it stops at the end of the time.
    const auto transactions = static_cast<std::size_t>(plan.lasts.count() / 10 + 10);
    const bool truncates = dice.one_in(2);
    for (std::size_t node = 0; node < plan.nodes.size(); ++node) {
        const auto writers = dice.between(plan.nodes.size() > 4 ? 1 : 2, 3);
        for (std::uint64_t index = 0; index < writers; ++index) {
            auto& writer = plan.writers.emplace_back();
            writer.node = node;
            writer.careless = dice.one_in(5);
            for (std::size_t count = 0; count < transactions; ++count)
                writer.transactions.push_back(
                    plan_transaction(dice, static_cast<int>(count / transactions_per_key), node, truncates));
        }
    }
}

void plan_faults(Plan& plan, Dice& dice, const std::vector<std::string>& names) {
    if (names.empty()) return;
    const auto last = static_cast<std::uint64_t>(plan.lasts.count());
    const auto number = last / 1000 * dice.between(1, 5);
    for (std::uint64_t index = 0; index < number; ++index) {
        plan.faults.push_back(
            {names[dice.below(names.size())], dice.any(), dice.time(0, last), dice.time(100, 2500), dice.any()});
    }
    std::stable_sort(plan.faults.begin(), plan.faults.end(),
                     [](const FaultPlan& left, const FaultPlan& right) { return left.at < right.at; });
}

}  // namespace

Plan make_plan(std::uint64_t seed, const PlanLimits& limits) {
    Dice dice(seed);
    Plan plan;
    plan.seed = seed;
    plan.lasts = limits.lasts;
    plan_tree(plan, dice, limits.most_nodes);
    plan_writers(plan, dice);
    plan_faults(plan, dice, limits.faults);
    return plan;
}

std::size_t diameter(const Plan& plan) {
    // Nodes come in an order in which each hangs on an earlier one.
    std::vector<std::size_t> height(plan.nodes.size(), 0);
    std::size_t longest = 0;
    for (auto link = plan.links.rbegin(); link != plan.links.rend(); ++link) {
        longest = std::max(longest, height[link->one] + height[link->other] + 1);
        height[link->one] = std::max(height[link->one], height[link->other] + 1);
    }
    return longest;
}

std::string describe(const Plan& plan) {
    std::ostringstream text;
    text << "seed " << plan.seed << ", " << plan.lasts.count() << " ms\n";
    for (std::size_t index = 0; index < plan.clusters.size(); ++index) {
        const auto& cluster = plan.clusters[index];
        text << "cluster " << index << (cluster.prepares ? ", prepared transactions" : "")
             << (cluster.small_disk ? ", small disk" : "") << (cluster.own_clock ? ", clock of its own" : "") << "\n";
    }
    for (std::size_t index = 0; index < plan.nodes.size(); ++index) {
        const auto& node = plan.nodes[index];
        text << "node " << index + 1 << " in cluster " << node.cluster << ", batches of " << node.max_rows << "\n";
    }
    for (const auto& link : plan.links)
        text << "link " << link.one + 1 << " - " << link.other + 1 << (link.both ? ", run by the second" : "") << "\n";
    for (const auto& fault : plan.faults) {
        text << "at " << fault.at.count() << " ms for " << fault.lasts.count() << " ms: " << fault.name << " "
             << fault.target % 1000 << "\n";
    }
    return text.str();
}

}  // namespace tromp::test
