#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/chaos/history.hpp"

namespace tromp::test {

/// The committed writes as a graph: which follows which, by what each of them saw.
class Causality {
  public:
    struct Made {
        const Write* write;
        int node;
    };

    void add(const Write& write, int node);

    /// Nothing when nobody committed that.
    const Made* find(const RowName& row, const std::string& token, Write::Kind kind) const;
    /// A committed write has seen it.
    bool is_seen(const RowName& row, const std::string& token) const;
    /// All writes of the row with this tag; several where a clock stood still.
    std::vector<const Write*> with_tag(const RowName& row, int origin, long long version) const;
    std::vector<const Write*> writes(const RowName& row) const;
    const std::vector<Made>& all() const { return made_; }
    /// `later` saw `earlier`, or saw what saw it, and so on.
    bool follows(const Write& later, const std::string& earlier) const;

  private:
    std::vector<Made> made_;
    std::map<std::tuple<RowName, std::string, Write::Kind>, std::size_t> by_token_;
    std::map<RowName, std::vector<std::size_t>> by_row_;
    std::set<std::pair<RowName, std::string>> seen_;
};

}  // namespace tromp::test
