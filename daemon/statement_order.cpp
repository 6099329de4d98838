#include "daemon/statement_order.hpp"

#include "common/error.hpp"
#include "common/sql_tokens.hpp"

#include <algorithm>
#include <cctype>
#include <set>

namespace tromp {
namespace {

/// Words of statements about tables that name nothing.
const std::set<std::string> structure = {
    "add",     "alter",    "cascade", "check", "column", "constraint", "create", "default", "drop",    "exists",
    "foreign", "if",       "index",   "key",   "not",    "null",       "on",     "only",    "primary", "references",
    "rename",  "restrict", "set",     "table", "to",     "type",       "unique", "using",   "validate"};

bool is_name(const std::string& word) {
    const auto first = static_cast<unsigned char>(word.front());
    return first == '"' || first == '_' || std::isalpha(first) != 0 || first >= 0x80;
}

std::set<std::string> words_of(const std::string& text) {
    std::set<std::string> words;
    for (const auto token : sql_tokens(text)) {
        auto word = canonical_text({token});
        if (!word.empty() && is_name(word)) words.insert(std::move(word));
    }
    return words;
}

}  // namespace

bool may_go_first(const std::string& later, const std::string& earlier, const std::vector<std::string>& tables) {
    try {
        const auto ours = words_of(later);
        if (!ours.contains("drop") && !ours.contains("rename")) return true;
        auto theirs = words_of(earlier);
        for (const auto& table : tables) {
            for (const auto& part : words_of(table))
                theirs.erase(part);
        }
        return std::none_of(theirs.begin(), theirs.end(),
                            [&](const std::string& word) { return ours.contains(word) && !structure.contains(word); });
    } catch (const Error&) {
        return false;
    }
}

}  // namespace tromp
