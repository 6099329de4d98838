#include "ctl/tables_yaml.hpp"

#include "common/table_pattern.hpp"

namespace tromp::ctl {
namespace {

/// In single quotes, because a leading ! or * has a meaning of its own in YAML.
std::string item(std::string_view text) {
    std::string line = "  - '";
    for (const char c : text)
        line += c == '\'' ? "''" : std::string(1, c);
    return line + "'\n";
}

std::string advice(const std::string& what, const Config& config, const std::string& items) {
    return items.empty() ? "" : what + " `tables` in " + config.file + ":\n\n" + items + "\n";
}

/// The items of the file that match a table, by kind.
struct Matches {
    std::string names;
    std::string excludes;
    bool wildcard{};
};

Matches matches(const Config& config, std::string_view schema, std::string_view table) {
    Matches found;
    for (const auto& text : config.tables) {
        const auto pattern = TablePattern::parse(text);
        if (!pattern || !pattern->matches(schema, table)) continue;
        if (pattern->excludes()) {
            found.excludes += item(text);
        } else if (pattern->has_wildcard()) {
            found.wildcard = true;
        } else {
            found.names += item(text);
        }
    }
    return found;
}

constexpr auto take_out = "So that it stays so, take this out of";
constexpr auto put_in = "So that it stays so, put this into";

}  // namespace

std::string yaml_after_adding(const Config& config, const std::string& added, std::string_view schema,
                              std::string_view table) {
    const auto found = matches(config, schema, table);
    const bool included = found.wildcard || !found.names.empty();
    return advice(take_out, config, found.excludes) + (included ? "" : advice(put_in, config, item(added)));
}

std::string yaml_after_removing(const Config& config, std::string_view schema, std::string_view table) {
    const auto found = matches(config, schema, table);
    if (!found.excludes.empty()) return {};
    return advice(take_out, config, found.names) +
           (found.wildcard ? advice(put_in, config, item("!" + qualified_name(schema, table))) : "");
}

}  // namespace tromp::ctl
