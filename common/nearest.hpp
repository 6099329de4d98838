#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tromp {

/// How many single-character mistakes lead from one word to the other: a character missing, added or changed, or two
/// neighbouring characters swapped. ASCII case is ignored.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The known word that the user most likely meant; the first of several equally near ones. Nothing when none is near:
/// one mistake is allowed per three characters, and at least one.
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& known);

}  // namespace tromp
