#include "common/sql_tokens.hpp"

#include <pg_query.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>

#include "common/error.hpp"
#include "common/parse_tree.hpp"

namespace tromp {
namespace {

/// The parser and what writes its tree recurse, with some 100 bytes of stack for each of these, at worst.
constexpr std::size_t most_tokens = 40'000;

struct FreeScan {
    void operator()(PgQueryScanResult* result) const { pg_query_free_scan_result(*result); }
};

Error unreadable() {
    return Error("libpg_query returned words that cannot be read");
}

/// Reads protobuf's wire format, as far as ScanResult has it: numbers, and messages within.
class Wire {
  public:
    explicit Wire(std::string_view bytes) : rest_(bytes) {}

    struct Field {
        std::uint64_t key{};
        std::uint64_t number{};    ///< of wire type 0
        std::string_view message;  ///< of wire type 2
    };

    std::optional<Field> next() {
        if (rest_.empty()) return std::nullopt;
        const auto tag = varint();
        Field field{tag >> 3U, 0, {}};
        const auto value = varint();
        switch (tag & 7U) {
            case 0:
                field.number = value;
                return field;
            case 2:
                if (value > rest_.size()) break;
                field.message = rest_.substr(0, value);
                rest_.remove_prefix(value);
                return field;
            default:
                break;
        }
        throw unreadable();
    }

  private:
    std::uint64_t varint() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
            const auto byte = static_cast<unsigned char>(rest_.front());
            rest_.remove_prefix(1);
            value |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
            if (byte < 0x80U) return value;
        }
        throw unreadable();
    }

    std::string_view rest_;
};

struct Token {
    std::size_t start{};
    std::size_t end{};
    std::uint64_t kind{};
};

Token read_token(std::string_view message) {
    constexpr std::uint64_t start_field = 1, end_field = 2, kind_field = 4;
    Token token;
    Wire wire(message);
    while (const auto field = wire.next()) {
        if (field->key == start_field) token.start = field->number;
        if (field->key == end_field) token.end = field->number;
        if (field->key == kind_field) token.kind = field->number;
    }
    return token;
}

std::vector<Token> read_tokens(std::string_view result) {
    constexpr std::uint64_t tokens_field = 2;
    std::vector<Token> tokens;
    Wire wire(result);
    while (const auto field = wire.next()) {
        if (field->key == tokens_field) tokens.push_back(read_token(field->message));
        if (tokens.size() > most_tokens) {
            throw Error("this text has more than " + std::to_string(most_tokens) +
                        " words: give its statements in several parts");
        }
    }
    return tokens;
}

/// The lexer looks again at all of such a run where it cannot be an operator: its time grows with the square.
void check_operators(std::string_view text) {
    constexpr std::string_view operator_characters = "~!@#^&|`?+-*/%<>=";
    constexpr std::size_t longest_run = 1'000;
    std::size_t run = 0;
    for (const char c : text) {
        run = operator_characters.find(c) == operator_characters.npos ? 0 : run + 1;
        if (run > longest_run) throw Error("a run of more than 1000 characters that operators are made of");
    }
}

}  // namespace

std::vector<std::string_view> sql_tokens(std::string_view text) {
    constexpr std::uint64_t unicode_name = 259, unicode_string = 262, sql_comment = 275, c_comment = 276;
    check_operators(text);
    const std::string ended(text);
    auto result = pg_query_scan(ended.c_str());
    const std::unique_ptr<PgQueryScanResult, FreeScan> owner(&result);
    if (result.error != nullptr) throw_parse_error(result.error->message, result.error->cursorpos, text);
    const auto found = read_tokens({result.pbuf.data, result.pbuf.len});
    std::vector<std::string_view> tokens;
    for (std::size_t i = 0; i < found.size(); ++i) {
        auto token = found[i];
        if (token.kind == sql_comment || token.kind == c_comment) continue;
        const auto next = i + 1 < found.size() ? found[i + 1].start : text.size();
        if (token.kind == unicode_name || token.kind == unicode_string) token.end = next;  // libpg_query has it wrong
        if (token.start >= token.end || token.end > next || next > text.size()) throw unreadable();
        const auto word = text.substr(token.start, token.end - token.start);
        tokens.push_back(word.substr(0, word.find_last_not_of(" \t\n\r\f\v") + 1));
    }
    return tokens;
}

std::string canonical_text(const std::vector<std::string_view>& tokens) {
    std::string text;
    for (const auto token : tokens) {
        if (!text.empty()) text += ' ';
        const bool quoted = token.find_first_of("'\"") != token.npos || token.starts_with('$');
        const auto lower = [&](char c) {
            return !quoted && c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        };
        std::transform(token.begin(), token.end(), std::back_inserter(text), lower);
    }
    return text;
}

}  // namespace tromp
