#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/chaos/checker.hpp"

namespace tromp::test {

/// Collects violations, the first few of each kind in words and of the others the number.
class Violations {
  public:
    void add(Violation::Kind kind, const std::string& text);
    std::vector<Violation> take() &&;

  private:
    std::vector<Violation> found_;
    std::map<Violation::Kind, std::size_t> count_;
};

std::string text(const RowName& row);
std::string text(const Write& write);

}  // namespace tromp::test
