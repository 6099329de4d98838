#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tromp {

/// Durations and sizes as people write them: a whole number directly followed by its unit. Nothing else is accepted: no
/// sign, no fraction, no space, and no result that does not fit.

/// Units ms, s, m, h and d; a number without a unit is refused because nobody would know which one was meant.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

/// Bytes. Units B, kB, MB and GB, each 1024 times the one before, as PostgreSQL has it; without a unit: bytes.
std::optional<std::uint64_t> parse_size(std::string_view text);

/// For people: the two largest units that matter, rounded towards zero: "350 ms", "12 s", "2 min", "3 h 20 min", "30
/// d".
std::string format_duration(std::chrono::milliseconds duration);

/// For people, in the largest unit that leaves two digits at least, rounded down: "9000 B", "12 MB".
std::string format_size(std::uint64_t bytes);

}  // namespace tromp
