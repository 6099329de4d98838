#include "tests/chaos/causality.hpp"

namespace tromp::test {

void Causality::add(const Write& write, int node) {
    const auto index = made_.size();
    made_.push_back({&write, node});
    by_token_.emplace(std::tuple{write.row, write.token, write.kind}, index);
    by_row_[write.row].push_back(index);
    for (const auto& token : write.saw)
        seen_.emplace(write.row, token);
}

const Causality::Made* Causality::find(const RowName& row, const std::string& token, Write::Kind kind) const {
    const auto found = by_token_.find(std::tuple{row, token, kind});
    return found == by_token_.end() ? nullptr : &made_[found->second];
}

bool Causality::is_seen(const RowName& row, const std::string& token) const {
    return seen_.contains(std::pair{row, token});
}

std::vector<const Write*> Causality::with_tag(const RowName& row, int origin, long long version) const {
    std::vector<const Write*> result;
    const auto indices = by_row_.find(row);
    if (indices == by_row_.end()) return result;
    for (const auto index : indices->second) {
        if (made_[index].node == origin && made_[index].write->version == version) {
            result.push_back(made_[index].write);
        }
    }
    return result;
}

std::vector<const Write*> Causality::writes(const RowName& row) const {
    std::vector<const Write*> result;
    const auto indices = by_row_.find(row);
    if (indices == by_row_.end()) return result;
    for (const auto index : indices->second)
        result.push_back(made_[index].write);
    return result;
}

bool Causality::follows(const Write& later, const std::string& earlier) const {
    std::vector<std::string> ahead(later.saw.begin(), later.saw.end());
    std::set<std::string> visited;
    while (!ahead.empty()) {
        const auto token = ahead.back();
        ahead.pop_back();
        if (token == earlier) return true;
        if (!visited.insert(token).second) continue;
        for (const auto kind : {Write::Kind::row, Write::Kind::removal}) {
            const auto* const made = find(later.row, token, kind);
            if (made) ahead.insert(ahead.end(), made->write->saw.begin(), made->write->saw.end());
        }
    }
    return false;
}

}  // namespace tromp::test
