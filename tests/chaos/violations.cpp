#include "tests/chaos/violations.hpp"

namespace tromp::test {
namespace {

constexpr std::size_t most_per_kind = 5;

}  // namespace

void Violations::add(Violation::Kind kind, const std::string& text) {
    if (++count_[kind] <= most_per_kind) found_.push_back({kind, text});
}

std::vector<Violation> Violations::take() && {
    for (const auto& [kind, count] : count_) {
        if (count > most_per_kind) found_.push_back({kind, std::to_string(count - most_per_kind) + " more"});
    }
    return std::move(found_);
}

std::string text(const RowName& row) {
    return row.table + " " + row.key;
}

std::string text(const Write& write) {
    std::string result =
        text(write.row) + (write.kind == Write::Kind::removal ? " removed by " : " by ") + write.token + " after";
    for (const auto& token : write.saw)
        result += " " + token;
    return result + (write.saw.empty() ? " nothing" : "");
}

const char* name(Violation::Kind kind) {
    switch (kind) {
        case Violation::Kind::different:
            return "different";
        case Violation::Kind::garbled:
            return "garbled";
        case Violation::Kind::lost_commit:
            return "lost commit";
        case Violation::Kind::torn:
            return "torn";
        case Violation::Kind::revived:
            return "revived";
        case Violation::Kind::unknown_row:
            return "unknown row";
        case Violation::Kind::came_back:
            return "came back";
        case Violation::Kind::winner_had_lost:
            return "winner had lost";
        case Violation::Kind::lost_write:
            return "lost write";
        case Violation::Kind::lost_removal:
            return "lost removal";
        case Violation::Kind::loser_twice:
            return "loser twice";
        case Violation::Kind::false_conflict:
            return "false conflict";
        case Violation::Kind::wrong_loser:
            return "wrong loser";
        case Violation::Kind::held:
            return "held";
        case Violation::Kind::log_not_drained:
            return "log not drained";
    }
    return "";
}

}  // namespace tromp::test
