#include "common/table_pattern.hpp"

#include <algorithm>

namespace tromp {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_lower(char c) {
    return (c >= 'a' && c <= 'z') || c == '_';
}
bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}

/// As PostgreSQL has it: every byte of a non-ASCII character counts as a letter.
bool is_letter(char c) {
    return is_lower(c) || is_upper(c) || static_cast<unsigned char>(c) >= 0x80;
}

std::string quoted_if_needed(std::string_view part) {
    const bool plain = !part.empty() && is_lower(part.front()) && std::all_of(part.begin(), part.end(), [](char c) {
        return is_lower(c) || is_digit(c) || c == '$';
    });
    if (plain) return std::string(part);
    std::string text = "\"";
    for (const char c : part) {
        text += c == '"' ? "\"\"" : std::string(1, c);
    }
    return text + '"';
}

}  // namespace

std::optional<TablePattern::Part> TablePattern::parse_part(std::string_view& rest) {
    Part part;
    std::size_t used = 0;
    if (rest.starts_with('"')) {
        part.quoted = true;
        for (used = 1;; ++used) {
            if (used == rest.size()) return std::nullopt;
            if (rest[used] == '"') {
                ++used;
                if (used == rest.size() || rest[used] != '"') break;
            }
            part.text += rest[used];
        }
    } else {
        for (; used < rest.size(); ++used) {
            const char c = rest[used];
            const bool inside = is_letter(c) || c == '*' || (used > 0 && (is_digit(c) || c == '$'));
            if (!inside) break;
            part.text += is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
        }
    }
    if (part.text.empty()) return std::nullopt;
    rest.remove_prefix(used);
    return part;
}

std::optional<TablePattern> TablePattern::parse(std::string_view text) {
    TablePattern pattern;
    if (text.starts_with('!')) {
        pattern.excludes_ = true;
        text.remove_prefix(1);
    }
    auto schema = parse_part(text);
    if (!schema || !text.starts_with('.')) return std::nullopt;
    text.remove_prefix(1);
    auto table = parse_part(text);
    if (!table || !text.empty()) return std::nullopt;
    pattern.schema_ = std::move(*schema);
    pattern.table_ = std::move(*table);
    return pattern;
}

bool TablePattern::has_wildcard(const Part& part) {
    return !part.quoted && part.text.find('*') != std::string::npos;
}

bool TablePattern::has_wildcard() const {
    return has_wildcard(schema_) || has_wildcard(table_);
}

bool TablePattern::matches(const Part& part, std::string_view name) {
    if (!has_wildcard(part)) return part.text == name;
    const std::string_view pattern = part.text;
    // On a mismatch the latest * swallows one character more; earlier ones never need to be tried again.
    std::size_t p = 0;
    std::size_t n = 0;
    std::optional<std::size_t> star;
    std::size_t swallowed_to = 0;
    while (n < name.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            swallowed_to = n;
        } else if (p < pattern.size() && pattern[p] == name[n]) {
            ++p;
            ++n;
        } else if (star) {
            p = *star + 1;
            n = ++swallowed_to;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

bool TablePattern::matches(std::string_view schema, std::string_view table) const {
    return matches(schema_, schema) && matches(table_, table);
}

std::string TablePattern::like(const Part& part) {
    std::string pattern;
    for (const char c : part.text) {
        if (c == '*' && !part.quoted) {
            pattern += '%';
            continue;
        }
        if (c == '%' || c == '_' || c == '\\') pattern += '\\';
        pattern += c;
    }
    return pattern;
}

TablePattern::Like TablePattern::like() const {
    return {like(schema_), like(table_)};
}

std::string TablePattern::name() const {
    return qualified_name(schema_.text, table_.text);
}

std::string qualified_name(std::string_view schema, std::string_view table) {
    return quoted_if_needed(schema) + "." + quoted_if_needed(table);
}

}  // namespace tromp
