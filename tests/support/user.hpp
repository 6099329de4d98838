#pragma once

#include <sys/types.h>

#include <string>

namespace tromp::test {

/// An account of the system.
struct User {
    uid_t uid = 0;
    gid_t gid = 0;
    std::string name{};
};

/// The ordinary account that the throwaway clusters run under, since PostgreSQL refuses root: ourselves; when we are
/// root `postgres`, or `tromp-test`, which is created when neither exists. Throws when none can be had.
const User& database_user();

}  // namespace tromp::test
