#pragma once

#include <string>

#include "tests/support/database.hpp"

namespace tromp::test {

/// The log as "I[1] U[2]", and an empty log afterwards.
inline std::string taken_events(Database& sql) {
    const auto text =
        sql.value("SELECT coalesce(string_agg(action::text || key::text, ' ' ORDER BY id), '') FROM replication.log");
    sql.exec("DELETE FROM replication.events");
    return text;
}

}  // namespace tromp::test
