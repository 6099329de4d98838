#include "common/missing_grant.hpp"

#include <array>

#include "common/sql_text.hpp"

namespace tromp {
namespace {

struct Kind {
    std::string_view prefix;  ///< of PostgreSQL's message; the object's name follows
    std::string_view grant;
};

constexpr std::array<Kind, 9> kinds{{
    {"permission denied to create temporary tables in database ", "GRANT TEMPORARY ON DATABASE "},
    {"permission denied to set parameter ", "GRANT SET ON PARAMETER "},
    {"permission denied for database ", "GRANT CREATE, CONNECT ON DATABASE "},
    {"permission denied for schema ", "GRANT USAGE ON SCHEMA "},
    {"permission denied for table ", "GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "},
    {"permission denied for view ", "GRANT SELECT ON TABLE "},
    {"permission denied for large object ", "GRANT SELECT, UPDATE ON LARGE OBJECT "},
    {"permission denied for sequence ", "GRANT USAGE, SELECT, UPDATE ON SEQUENCE "},
    {"permission denied for function ", "GRANT EXECUTE ON FUNCTION "},
}};

}  // namespace

std::string missing_grant(std::string_view message, std::string_view role, bool reads_only) {
    const std::string to = " TO " + quote_identifier(role);
    const auto first_word = [](std::string_view text) {
        return std::string(text.substr(0, text.find_first_of(";\n")));
    };
    for (const auto& kind : kinds) {
        const auto at = message.find(kind.prefix);
        if (at == std::string_view::npos) continue;
        const bool only_select = reads_only && kind.grant.ends_with("ON TABLE ");
        return "its owner can allow it: " + std::string(only_select ? "GRANT SELECT ON TABLE " : kind.grant) +
               first_word(message.substr(at + kind.prefix.size())) + to +
               "; all the rights that are needed: trompctl grants";
    }
    constexpr std::string_view not_owner = "must be owner of ";
    if (const auto at = message.find(not_owner); at != std::string_view::npos) {
        return "only the owner of " + first_word(message.substr(at + not_owner.size())) +
               " may do that; make the role a member of the owner: GRANT its_owner" + to;
    }
    return "role " + quote_identifier(role) +
           " lacks a right; trompctl grants, run as the owner, prints what is needed";
}

}  // namespace tromp
