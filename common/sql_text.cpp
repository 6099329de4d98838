#include "common/sql_text.hpp"

#include "common/error.hpp"

#include <cctype>
#include <stdexcept>

namespace tromp {
namespace {

std::string quoted(std::string_view text, char quote) {
    std::string result(1, quote);
    for (const char c : text) {
        if (c == '\0') throw Error("a name or value contains a zero byte, which PostgreSQL cannot hold");
        if (c == quote) result += quote;
        result += c;
    }
    return result += quote;
}

bool is_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// Length of the quoted text, comment or `::` at the start of `text` that must be copied as it is; 0 if there is none.
std::size_t verbatim(std::string_view text) {
    const auto until = [&](std::string_view end, std::size_t from) {
        const auto at = text.find(end, from);
        return at == std::string_view::npos ? text.size() : at + end.size();
    };
    if (text.starts_with("--")) return until("\n", 2);
    if (text.starts_with("'") || text.starts_with("\"")) return until(text.substr(0, 1), 1);
    if (text.starts_with("::")) return 2;
    if (text.starts_with("$$")) return until("$$", 2);
    return 0;
}

}  // namespace

std::string quote_literal(std::string_view text) {
    return quoted(text, '\'');
}

std::string quote_identifier(std::string_view text) {
    return quoted(text, '"');
}

std::string render_sql(std::string_view text, const SqlValues& values) {
    std::string result;
    result.reserve(text.size() + 256);
    while (!text.empty()) {
        if (const auto length = verbatim(text); length > 0) {
            result += text.substr(0, length);
            text.remove_prefix(length);
            continue;
        }
        if (text[0] != ':' || text.size() < 2) {
            result += text[0];
            text.remove_prefix(1);
            continue;
        }
        const char quote = text[1] == '\'' || text[1] == '"' ? text[1] : '\0';
        const std::size_t begin = quote != '\0' ? 2 : 1;
        std::size_t end = begin;
        while (end < text.size() && is_word(text[end]))
            ++end;
        if (end == begin) {
            result += text[0];
            text.remove_prefix(1);
            continue;
        }
        const auto value = values.find(text.substr(begin, end - begin));
        if (value == values.end()) {
            throw std::logic_error("no value for :" + std::string(text.substr(begin, end - begin)) +
                                   " in embedded SQL");
        }
        result += quote == '\0' ? value->second : quoted(value->second, quote);
        text.remove_prefix(quote != '\0' ? end + 1 : end);
    }
    return result;
}

std::string array_text(const std::vector<std::string>& elements) {
    std::string text = "{";
    for (const auto& element : elements) {
        text += text.size() == 1 ? "\"" : ",\"";
        for (const char c : element) {
            if (c == '"' || c == '\\') text += '\\';
            text += c;
        }
        text += '"';
    }
    return text + '}';
}

std::string array_text(const std::vector<int>& numbers) {
    std::string text = "{";
    for (const int number : numbers)
        text += (text.size() == 1 ? "" : ",") + std::to_string(number);
    return text + '}';
}

}  // namespace tromp
