#include "tests/chaos/held_rows.hpp"

#include <algorithm>
#include <random>
#include <stdexcept>

#include "common/sql_text.hpp"
#include "tests/chaos/operation.hpp"
#include "tests/chaos/tables.hpp"

namespace tromp::test {
namespace {

constexpr int most_rounds = 40;
constexpr int first_new_claim = 10'000'000;

enum class Way { give_up, remove, new_claim, discard };

const ChaosTable& table(const RowName& row) {
    const auto& tables = chaos_tables();
    return *std::find_if(tables.begin(), tables.end(), [&](const auto& one) { return one.name == row.table; });
}

class Users {
  public:
    Users(World& world, History& history) : world_(world), history_(history), random_(world.plan().seed) {}

    void decide() {
        for (int round = 1; round <= most_rounds; ++round) {
            if (!decide_once(round)) return;
            const auto unrest = world_.quiesce();
            if (!unrest.empty()) throw std::runtime_error("not quiet after a decision: " + unrest);
        }
        throw std::runtime_error("rows are still held after " + std::to_string(most_rounds) + " decisions");
    }

  private:
    // At first somebody at one node does anything there is, then everybody does something without knowing of the
    // others; after that one node at a time, in ways that leave fewer claims, so that it comes to an end.
    bool decide_once(int round) {
        const std::size_t ways = round == 1 ? 4 : round == 2 ? 3 : 2;
        bool any = false;
        for (auto& node : world_.nodes()) {
            for (const auto& held : world_.state(*node).held) {
                if (!held.in_way) continue;  // the checker's
                decide_about(*node, held, static_cast<Way>(random_() % ways));
                any = true;
            }
            if (any && round != 2) return true;
        }
        return any;
    }

    void decide_about(Node& node, const HeldRow& held, Way way) {
        if (way == Way::discard) {
            discard(node, held);
            return;
        }
        const auto claim = held.claim.value();
        const auto token = "way." + std::to_string(++tokens_);
        auto& database = node.sql();
        database.exec("BEGIN");
        auto writes = way == Way::remove ? remove_claimant(database, table(held.row), claim, token)
                                         : change_claim(database, table(held.row), claim,
                                                        way == Way::new_claim ? std::optional(first_new_claim + tokens_)
                                                                              : std::optional<int>(),
                                                        token);
        database.exec("COMMIT");
        history_.attempts.push_back({node.number(), Attempt::Outcome::committed, std::move(writes)});
    }

    void discard(Node& node, const HeldRow& held) {
        const auto kept = node.sql().rows("SELECT t.token FROM " + held.row.table + " t WHERE " +
                                          table(held.row).key_json + " = " + quote_literal(held.row.key));
        // Another decision may have let it in by now.
        if (node.ctl({"held", "discard", std::to_string(held.id)}).exit_code != 0) return;
        history_.discards.push_back({held.row, kept.empty() ? std::nullopt : kept.front().front()});
    }

    World& world_;
    History& history_;
    std::mt19937_64 random_;
    int tokens_ = 0;
};

}  // namespace

void decide_held_rows(World& world, History& history) {
    Users(world, history).decide();
}

}  // namespace tromp::test
