#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

/// What a text of schema statements says, read by PostgreSQL's own parser (libpg_query): no database is asked. So it
/// knows no more than the text does: not what a name means under a search path, nor what CASCADE takes along. Strings
/// are read as under standard_conforming_strings = on: under off the same text may be another one.
namespace tromp {

/// A table as a statement names it, identifiers folded and unquoted as in the catalogue.
struct TableName {
    std::string schema;  ///< empty: the search path decides
    std::string name;

    auto operator<=>(const TableName&) const = default;
};

/// One schema statement that may be run here and at every other node.
struct Statement {
    std::string text;  ///< as it was given, from its first word to its last: no semicolon, no comment around it
    std::string kind;  ///< its command tag, such as "CREATE TABLE"
    bool alone{};      ///< cannot be in a transaction with others, or what it makes cannot be used in the same one
    /// The tables that it makes, changes or drops, each once, in the order of the text: a rename's old and new name,
    /// both tables of a foreign key, a partition and its parent, the table of an index, trigger, rule, policy or
    /// comment. Empty where the text does not tell (DROP INDEX, ALTER TYPE, DROP SCHEMA). A name may turn out to be a
    /// view's or a sequence's, which ALTER TABLE takes too.
    std::vector<TableName> tables;
    /// Equal for texts that differ in white space, in comments and in the case of words that are not quoted, and in
    /// nothing else. It says nothing of the settings under which the statement runs.
    std::string fingerprint;
};

/// No statement is longer, nor the text of several; in bytes.
constexpr std::size_t longest_statement_text = 1U << 20U;

/// The statements of a text, in its order. Throws Error, for a person, that says which statement cannot be replicated,
/// why, and what to do instead: what is not a schema statement (data, DO, SET, transactions), what is each node's own
/// (rights, roles, databases, the numbers of sequences), what pg_trompe could not follow (temporary tables, CREATE
/// TABLE AS), what it does not know, what cannot be parsed, and a text without a statement. Safe with any input.
std::vector<Statement> parse_statements(std::string_view text);

/// The same for a text that must be exactly one statement.
Statement parse_statement(std::string_view text);

/// It cannot be in a transaction, nor within a function. ALTER TYPE … ADD VALUE can, as the only one that is `alone`.
bool must_be_outside(const Statement& statement);

/// For messages: a text's first line, not all of a long one.
std::string excerpt(std::string_view text);

}  // namespace tromp
