#pragma once

#include <string>
#include <string_view>

namespace tromp {

/// What would have to be granted to `role` for PostgreSQL not to say `message` (its words for SQLSTATE 42501): an SQL
/// statement and who runs it. Words that it does not know lead to general advice. `reads_only`: the session is one that
/// needs no more of a table than SELECT, and no more should be granted.
std::string missing_grant(std::string_view message, std::string_view role, bool reads_only = false);

}  // namespace tromp
