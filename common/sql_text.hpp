#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tromp {

/// A value for a placeholder of an embedded SQL file. How it is quoted is decided by the placeholder, not by the value.
using SqlValues = std::map<std::string, std::string, std::less<>>;

/// Replaces psql's variables in `text` the way psql does, so that the files of sql/ run there too: `:name` as it is,
/// `:'name'` as a literal, `:"name"` as an identifier. Literals, quoted identifiers, dollar quotes, comments and `::`
/// are left alone. Throws std::logic_error for a placeholder without a value: that is a bug in this program.
std::string render_sql(std::string_view text, const SqlValues& values);

/// The same with the values as name, value, name, value, …
template <typename... Rest>
std::string render_sql(std::string_view text, const char* name, std::string value, Rest&&... rest) {
    SqlValues values;
    const auto add = [&values](auto& self, std::string n, std::string v, auto&&... more) -> void {
        values.insert_or_assign(std::move(n), std::move(v));
        if constexpr (sizeof...(more) > 0) self(self, std::forward<decltype(more)>(more)...);
    };
    add(add, name, std::move(value), std::forward<Rest>(rest)...);
    return render_sql(text, values);
}

/// 'text' with quotes doubled; needs standard_conforming_strings = on, which every session of ours pins.
/// Throws Error for text with a zero byte, which PostgreSQL cannot hold.
std::string quote_literal(std::string_view text);

/// "text" with quotes doubled, always quoted. Throws Error for a zero byte.
std::string quote_identifier(std::string_view text);

/// The text of an array of texts, or of numbers, to be quoted as a literal.
std::string array_text(const std::vector<std::string>& elements);
std::string array_text(const std::vector<int>& numbers);

}  // namespace tromp
