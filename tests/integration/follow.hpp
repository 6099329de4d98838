#pragma once

#include <string>

#include "tests/support/database.hpp"

namespace tromp::test {

/// A statement as one that was captured, or came from a neighbour: followed in its transaction.
inline void ddl(Database& session, const std::string& statement) {
    session.exec(statement + "; SELECT replication.follow_schema()");
}

/// The captured tables and their keys, as "public.item(nr)".
inline std::string captured(Database& sql) {
    return sql.value(
        "SELECT coalesce(string_agg(format('%I.%I(%s)', schema_name, table_name, array_to_string(key_columns, ',')), "
        "' ' ORDER BY schema_name, table_name), '') FROM replication.tables");
}

}  // namespace tromp::test
