#include "common/statement.hpp"

#include <algorithm>

#include "common/error.hpp"
#include "common/parse_tree.hpp"
#include "common/sql_tokens.hpp"
#include "common/statement_reading.hpp"

namespace tromp {
namespace {

using Tokens = std::vector<std::string_view>;

/// Those within a statement's bytes, without the semicolon.
Tokens tokens_of(const RawStatement& statement, const Tokens& all, const char* text) {
    const auto before = [&](std::size_t offset) {
        return std::partition_point(all.begin(), all.end(),
                                    [&](std::string_view token) { return token.data() < text + offset; });
    };
    Tokens tokens(before(statement.begin), before(statement.end));
    while (!tokens.empty() && tokens.back() == ";")
        tokens.pop_back();
    return tokens;
}

Statement read(const RawStatement& raw, const Tokens& tokens) {
    if (tokens.empty()) throw Error("a statement without a word");
    auto reading = statement::read_statement(raw.node);
    Statement read;
    const char* const end = tokens.back().data() + tokens.back().size();
    read.text = {tokens.front().data(), end};
    read.kind = std::move(reading.kind);
    read.alone = reading.alone;
    for (auto& table : reading.tables) {
        if (std::find(read.tables.begin(), read.tables.end(), table) == read.tables.end())
            read.tables.push_back(std::move(table));
    }
    read.fingerprint = canonical_text(tokens);
    return read;
}

}  // namespace

std::vector<Statement> parse_statements(std::string_view text) {
    if (text.size() > longest_statement_text)
        throw Error("a text of more than 1 MB: give its statements in several parts");
    if (text.find('\0') != text.npos) throw Error("a text with a zero byte is no SQL");
    const auto tokens = sql_tokens(text);
    const auto tree = parse_tree(text);
    if (tree.empty()) throw Error("there is no statement", Exit::usage);
    std::vector<Statement> statements;
    for (const auto& raw : tree) {
        try {
            statements.push_back(read(raw, tokens_of(raw, tokens, text.data())));
        } catch (const Error& error) {
            if (tree.size() == 1) throw;
            throw Error("statement " + std::to_string(statements.size() + 1) + " of " + std::to_string(tree.size()) +
                        ": " + error.what());
        }
    }
    return statements;
}

Statement parse_statement(std::string_view text) {
    auto statements = parse_statements(text);
    if (statements.size() != 1) throw Error("these are " + std::to_string(statements.size()) + " statements, not one");
    return std::move(statements.front());
}

bool must_be_outside(const Statement& statement) {
    return statement.alone && statement.kind != "ALTER TYPE";
}

std::string excerpt(std::string_view text) {
    constexpr std::size_t longest = 100;
    auto line = text.substr(0, text.find('\n'));
    if (line.size() > longest) {
        auto end = longest;
        while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0U) == 0x80U)
            --end;  // not within a character
        line = line.substr(0, end);
    }
    return std::string(line) + (line.size() < text.size() ? " …" : "");
}

}  // namespace tromp
