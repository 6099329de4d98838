#include "tests/chaos/checker.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "tests/chaos/causality.hpp"
#include "tests/chaos/tables.hpp"
#include "tests/chaos/violations.hpp"

namespace tromp::test {
namespace {

using Kind = Violation::Kind;

class Checker {
  public:
    explicit Checker(const History& history) : history_(history) {
        for (const auto& attempt : history.attempts) {
            for (const auto& write : attempt.writes) {
                if (is_in_ledger(attempt.node, write)) causality_.add(write, attempt.node);
            }
        }
        for (const auto& node : history.nodes) {
            for (const auto& conflict : node.conflicts)
                note_loser(conflict);
        }
    }

    std::vector<Violation> check() && {
        check_outcomes();
        check_equal();
        if (!history_.nodes.empty()) check_final(history_.nodes.front());
        for (const auto& made : causality_.all())
            check_not_lost(made);
        for (const auto& node : history_.nodes) {
            check_conflicts(node);
            check_rest(node);
        }
        return std::move(found_).take();
    }

  private:
    const NodeState* state(int node) const {
        for (const auto& candidate : history_.nodes) {
            if (candidate.node == node) return &candidate;
        }
        return nullptr;
    }

    bool is_in_ledger(int node, const Write& write) {
        auto& ledger = ledgers_[node];
        const auto* const at = state(node);
        if (ledger.empty() && at) {
            for (const auto& line : at->ledger)
                ledger.emplace(std::tuple{line.row, line.token, line.kind}, &line);
        }
        return ledger.contains(std::tuple{write.row, write.token, write.kind});
    }

    void note_loser(const Conflict& conflict) {
        if (conflict.loser) {
            losers_.emplace(conflict.row, *conflict.loser);
        } else {
            const bool exact = history_.true_clocks && latest_wins(conflict.row.table);
            const auto candidates =
                exact ? causality_.with_tag(conflict.row, conflict.loser_origin, conflict.loser_version)
                      : causality_.writes(conflict.row);
            bool found = false;
            for (const auto* const write : candidates) {
                if (write->kind != Write::Kind::removal) continue;
                lost_removals_.insert(write);
                found = true;
            }
            if (!found) note_lost_truncate(conflict.row);
        }
    }

    // Of several TRUNCATEs the last one counts, though it may not have found the row any more.
    void note_lost_truncate(const RowName& row) {
        for (const auto* const write : causality_.writes(row)) {
            if (write->by_truncate) lost_removals_.insert(write);
        }
    }

    void check_outcomes() {
        std::size_t written = 0;
        for (const auto& attempt : history_.attempts) {
            std::size_t present = 0;
            for (const auto& write : attempt.writes)
                present += is_in_ledger(attempt.node, write) ? 1U : 0U;
            written += present;
            if (attempt.writes.empty()) continue;
            const auto what = "node " + std::to_string(attempt.node) + ": " + text(attempt.writes.front());
            if (attempt.outcome == Attempt::Outcome::rolled_back) {
                if (present > 0) found_.add(Kind::revived, what);
            } else if (present > 0 && present < attempt.writes.size()) {
                found_.add(Kind::torn, what);
            } else if (present == 0 && attempt.outcome == Attempt::Outcome::committed) {
                found_.add(Kind::lost_commit, what);
            }
        }
        // Each node's ledger has all writes of all nodes; that they are equal is checked with the other tables.
        for (const auto& node : history_.nodes) {
            if (node.ledger.size() > written) {
                found_.add(Kind::revived, "node " + std::to_string(node.node) + ": " +
                                              std::to_string(node.ledger.size() - written) +
                                              " ledger lines that nobody wrote");
            }
        }
    }

    void check_equal() {
        for (std::size_t index = 1; index < history_.nodes.size(); ++index) {
            const auto& one = history_.nodes.front();
            const auto& other = history_.nodes[index];
            const auto nodes = " (node " + std::to_string(one.node) + " | node " + std::to_string(other.node) + ")";
            for (const auto& [row, value] : one.rows) {
                const auto match = other.rows.find(row);
                const auto there = match == other.rows.end() ? "absent" : match->second;
                if (there != value) found_.add(Kind::different, text(row) + ": " + value + " | " + there + nodes);
            }
            for (const auto& [row, value] : other.rows) {
                if (!one.rows.contains(row)) found_.add(Kind::different, text(row) + ": absent | " + value + nodes);
            }
        }
    }

    void check_final(const NodeState& node) {
        for (const auto& [row, token] : node.tokens) {
            const auto what = text(row) + ": " + token;
            if (!causality_.find(row, token, Write::Kind::row)) found_.add(Kind::unknown_row, what);
            if (causality_.is_seen(row, token) && !is_made_again(row, token)) found_.add(Kind::came_back, what);
            if (losers_.contains(std::pair{row, token}) && !is_made_again(row, token)) {
                found_.add(Kind::winner_had_lost, what);
            }
        }
    }

    bool is_final(const RowName& row, const std::string& token) const {
        return std::any_of(history_.nodes.begin(), history_.nodes.end(), [&](const NodeState& node) {
            const auto found = node.tokens.find(row);
            return found != node.tokens.end() && found->second == token;
        });
    }

    void check_not_lost(const Causality::Made& made) {
        const auto& write = *made.write;
        if (causality_.is_seen(write.row, write.token)) return;
        if (write.kind == Write::Kind::row) {
            if (is_final(write.row, write.token) || losers_.contains(std::pair{write.row, write.token})) return;
            found_.add(Kind::lost_write, text(write));
        } else if (!is_removal_accounted_for(write)) {
            found_.add(Kind::lost_removal, text(write));
        }
    }

    // Only a row made anew can have found a removal. Two removals made apart are the same result where they meet, with
    // no word about it, so that each may stand for the other from then on.
    bool is_removal_accounted_for(const Write& removal) const {
        const auto& nodes = history_.nodes;
        if (std::none_of(nodes.begin(), nodes.end(),
                         [&](const NodeState& node) { return node.tokens.contains(removal.row); })) {
            return true;
        }
        // A row that is logged again meets a TRUNCATE that knew of it once more, and any change is stronger than that.
        if (removal.by_truncate && std::any_of(removal.saw.begin(), removal.saw.end(), [&](const std::string& token) {
                return is_logged_again(removal.row, token);
            })) {
            return true;
        }
        const auto writes = causality_.writes(removal.row);
        const auto stands_for_it = [&](const Write* other) {
            const bool apart = other->kind == Write::Kind::removal && !causality_.follows(removal, other->token) &&
                               !causality_.follows(*other, removal.token);
            return apart && (causality_.is_seen(other->row, other->token) || lost_removals_.contains(other));
        };
        if (std::any_of(writes.begin(), writes.end(), stands_for_it)) return true;
        // An insert that was under way elsewhere when the removal came counts as the later of the two, without having
        // seen it. When it came cannot be told, so this is a bound only.
        return std::any_of(writes.begin(), writes.end(), [&](const Write* write) {
            return write->kind == Write::Kind::row && !causality_.follows(removal, write->token) &&
                   is_made_anew(*write);
        });
    }

    bool is_made_anew(const Write& write) const {
        return std::none_of(write.saw.begin(), write.saw.end(), [&](const std::string& token) {
            return causality_.find(write.row, token, Write::Kind::row) != nullptr;
        });
    }

    void check_conflicts(const NodeState& node) {
        std::map<std::tuple<RowName, std::string, std::string>, int> times;
        for (const auto& conflict : node.conflicts) {
            const auto winner =
                "node " + std::to_string(conflict.winner_origin) + " at " + std::to_string(conflict.winner_version);
            const auto loser =
                "node " + std::to_string(conflict.loser_origin) + " at " + std::to_string(conflict.loser_version);
            const auto what = "at node " + std::to_string(node.node) + ", " + text(conflict.row) + ": " + winner +
                              " over " + loser + ", " + conflict.loser.value_or("a removal");
            // A removal has no token there; it is told by both tags, which several of one node may share.
            const auto tags = conflict.loser ? "" : winner + loser;
            const auto known = conflict.loser ? 1 : std::max<std::ptrdiff_t>(removals_like(conflict), 1);
            const bool again = ++times[{conflict.row, conflict.loser.value_or(""), tags}] == known + 1;
            if (again && !(conflict.loser && is_made_again(conflict.row, *conflict.loser))) {
                found_.add(Kind::loser_twice, what);
            }
            if (conflict.row.table == "ledger" || winner_knew_loser(conflict)) found_.add(Kind::false_conflict, what);
            if (!is_right_loser(conflict)) found_.add(Kind::wrong_loser, what);
        }
    }

    std::ptrdiff_t removals_like(const Conflict& conflict) const {
        const auto writes = causality_.with_tag(conflict.row, conflict.loser_origin, conflict.loser_version);
        return std::count_if(writes.begin(), writes.end(),
                             [](const Write* write) { return write->kind == Write::Kind::removal; });
    }

    bool winner_knew_loser(const Conflict& conflict) const {
        const auto winners = causality_.with_tag(conflict.row, conflict.winner_origin, conflict.winner_version);
        if (!conflict.loser || winners.empty() || is_made_again(conflict.row, *conflict.loser)) return false;
        return std::all_of(winners.begin(), winners.end(),
                           [&](const Write* winner) { return causality_.follows(*winner, *conflict.loser); });
    }

    // By a user who discarded what was held in its place: a new change, with the old row.
    bool is_kept(const RowName& row, const std::string& token) const {
        return std::any_of(history_.discards.begin(), history_.discards.end(),
                           [&](const Discard& discard) { return discard.row == row && discard.kept == token; });
    }

    bool is_made_again(const RowName& row, const std::string& token) const {
        return is_kept(row, token) || is_logged_again(row, token);
    }

    bool is_logged_again(const RowName& row, const std::string& token) const {
        const auto* const made = causality_.find(row, token, Write::Kind::row);
        return made && std::any_of(history_.nodes.begin(), history_.nodes.end(), [&](const NodeState& node) {
                   return node.logged_again.contains({row, made->node, made->write->version});
               });
    }

    // Where the newest write of a side is the strongest, the row and the tag that are kept are those of one write.
    bool is_right_loser(const Conflict& conflict) const {
        if (!history_.true_clocks || !conflict.loser || !latest_wins(conflict.row.table)) return true;
        const auto tagged = causality_.with_tag(conflict.row, conflict.loser_origin, conflict.loser_version);
        return std::none_of(tagged.begin(), tagged.end(), [&](const Write* write) {
            return write->kind == Write::Kind::row && write->token != *conflict.loser;
        });
    }

    void check_rest(const NodeState& node) {
        const auto at = "at node " + std::to_string(node.node) + ": ";
        for (const auto& held : node.held) {
            if (!held.in_way) found_.add(Kind::held, at + text(held.row) + ", " + held.token + ": " + held.error);
        }
        if (node.garbled > 0) found_.add(Kind::garbled, at + std::to_string(node.garbled) + " rows");
        if (node.events > node.neighbours) {
            found_.add(Kind::log_not_drained, at + std::to_string(node.events) + " events");
        }
    }

    const History& history_;
    Causality causality_;
    std::map<int, std::map<std::tuple<RowName, std::string, Write::Kind>, const Write*>> ledgers_;
    std::set<std::pair<RowName, std::string>> losers_;
    std::set<const Write*> lost_removals_;
    Violations found_;
};

}  // namespace

std::vector<Violation> check(const History& history) {
    return Checker(history).check();
}

}  // namespace tromp::test
