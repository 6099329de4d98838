#pragma once

#include <string>
#include <vector>

namespace tromp::ctl {

/// Rows under a heading, in columns as wide as they need to be; the last one is not padded.
class TextTable {
  public:
    using Row = std::vector<std::string>;

    explicit TextTable(Row heading) : rows_{std::move(heading)} {}
    /// Precondition: as many cells as the heading has.
    void add(Row row) { rows_.push_back(std::move(row)); }
    bool empty() const { return rows_.size() == 1; }
    std::string text() const;

  private:
    std::vector<Row> rows_;
};

}  // namespace tromp::ctl
