#include "common/units.hpp"

#include <array>
#include <charconv>
#include <limits>
#include <span>

namespace tromp {
namespace {

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};

constexpr std::uint64_t second = 1000;
constexpr std::uint64_t minute = 60 * second;
constexpr std::uint64_t hour = 60 * minute;
constexpr std::uint64_t day = 24 * hour;

constexpr std::array<Unit, 5> duration_units{{{"ms", 1}, {"s", second}, {"m", minute}, {"h", hour}, {"d", day}}};
constexpr std::array<Unit, 5> size_units{{{"", 1}, {"B", 1}, {"kB", 1U << 10U}, {"MB", 1U << 20U}, {"GB", 1U << 30U}}};
constexpr std::array<Unit, 5> spoken_units{{{"d", day}, {"h", hour}, {"min", minute}, {"s", second}, {"ms", 1}}};

std::optional<std::uint64_t> parse(std::string_view text, std::span<const Unit> units, std::uint64_t limit) {
    std::uint64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{}) return std::nullopt;
    const std::string_view name(rest, static_cast<std::size_t>(end - rest));
    for (const Unit& unit : units) {
        if (unit.name != name) continue;
        if (number > limit / unit.factor) return std::nullopt;
        return number * unit.factor;
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
    using Count = std::chrono::milliseconds::rep;
    const auto count = parse(text, duration_units, static_cast<std::uint64_t>(std::numeric_limits<Count>::max()));
    if (!count) return std::nullopt;
    return std::chrono::milliseconds{static_cast<Count>(*count)};
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
    return parse(text, size_units, std::numeric_limits<std::uint64_t>::max());
}

std::string format_duration(std::chrono::milliseconds duration) {
    const bool negative = duration.count() < 0;
    // Negating as unsigned is defined for the smallest value too.
    auto rest = static_cast<std::uint64_t>(duration.count());
    if (negative) rest = 0 - rest;

    const auto with_unit = [](std::uint64_t count, const Unit& unit) {
        return std::to_string(count) + " " + std::string(unit.name);
    };
    for (std::size_t i = 0; i < spoken_units.size(); ++i) {
        const Unit& unit = spoken_units[i];
        if (rest < unit.factor) continue;
        std::string text = (negative ? "-" : "") + with_unit(rest / unit.factor, unit);
        // Milliseconds beside seconds are noise.
        if (unit.factor > second) {
            const Unit& next = spoken_units[i + 1];
            if (const auto count = rest % unit.factor / next.factor; count > 0) text += " " + with_unit(count, next);
        }
        return text;
    }
    return "0 s";
}

std::string format_size(std::uint64_t bytes) {
    const Unit* unit = &size_units[1];
    for (const Unit& larger : size_units) {
        if (bytes / larger.factor >= 10 && larger.factor > unit->factor) unit = &larger;
    }
    return std::to_string(bytes / unit->factor) + " " + std::string(unit->name);
}

}  // namespace tromp
