#pragma once

#include <string>

#include "tests/support/catch.hpp"
#include "tests/support/installation.hpp"
#include "tests/support/process.hpp"
#include "tests/support/user.hpp"

namespace tromp::test {

/// `more` are further options of pg_dump.
inline void dump(const std::string& conninfo, const std::string& file, const Argv& more = {}) {
    Argv command{postgres_program("pg_dump"), "-f", file, "-d", conninfo};
    command.insert(command.end(), more.begin(), more.end());
    const auto output = run(command, {.user = database_user()});
    INFO(output.err);
    REQUIRE(output.exit_code == 0);
}

inline void restore(const std::string& conninfo, const std::string& file) {
    const auto output = run({postgres_program("psql"), "-q", "-v", "ON_ERROR_STOP=1", "-f", file, "-d", conninfo},
                            {.user = database_user()});
    INFO(output.err);
    REQUIRE(output.exit_code == 0);
}

}  // namespace tromp::test
