#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tromp {

/// A table, or many, as the configuration names them: `schema.table`.
///
/// Either part is an identifier as in SQL: folded to lower case, unless it stands in double quotes (a doubled quote
/// inside is one). In a part without quotes `*` stands for any characters, also none. A leading `!` excludes.
/// A table is replicated when some pattern matches it and no excluding one does; their order does not matter.
class TablePattern {
  public:
    /// Nothing when the text is not of that form.
    static std::optional<TablePattern> parse(std::string_view text);

    bool excludes() const noexcept { return excludes_; }
    bool has_wildcard() const;
    /// Whether schema and table, as the catalogue has them, are meant; says nothing of excludes().
    bool matches(std::string_view schema, std::string_view table) const;
    /// The one spelling of this name, see qualified_name(); precondition: no wildcard.
    std::string name() const;
    /// As the catalogue has them; precondition: no wildcard.
    const std::string& schema() const noexcept { return schema_.text; }
    const std::string& table() const noexcept { return table_.text; }

    struct Like {
        std::string schema;
        std::string table;
    };
    /// Patterns for SQL's LIKE that mean the same.
    Like like() const;

  private:
    struct Part {
        std::string text;
        bool quoted{};
    };
    static std::optional<Part> parse_part(std::string_view& rest);
    static bool has_wildcard(const Part& part);
    static bool matches(const Part& part, std::string_view name);
    static std::string like(const Part& part);

    bool excludes_{};
    Part schema_;
    Part table_;
};

/// The one spelling of a table's name in configuration and messages: `public.account`, `public."Odd Name"`. Each part
/// is quoted unless it consists of lower-case ASCII letters, digits, `_` and `$` and does not begin with a digit or
/// `$`.
std::string qualified_name(std::string_view schema, std::string_view table);

}  // namespace tromp
