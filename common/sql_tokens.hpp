#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tromp {

/// The words of an SQL text, as PostgreSQL's lexer sees them, without white space and comments. They are parts of the
/// text, which must outlive them. Throws Error for what is none (an open quote) and for too many: the parser's and our
/// own recursion is bounded by their number.
std::vector<std::string_view> sql_tokens(std::string_view text);

/// The tokens with a space between; those that have no quotes in lower case.
std::string canonical_text(const std::vector<std::string_view>& tokens);

}  // namespace tromp
