#include "tests/support/user.hpp"

#include <pwd.h>
#include <unistd.h>

#include <optional>
#include <stdexcept>

#include "tests/support/process.hpp"

namespace tromp::test {
namespace {

std::optional<User> from_entry(const passwd* entry) {
    if (!entry) return std::nullopt;
    return User{entry->pw_uid, entry->pw_gid, entry->pw_name};
}

User find_or_create() {
    if (const uid_t self = geteuid(); self != 0) {
        return from_entry(getpwuid(self)).value_or(User{self, getegid(), std::to_string(self)});
    }
    constexpr const char* fallback = "tromp-test";
    for (const char* name : {"postgres", fallback}) {
        if (auto user = from_entry(getpwnam(name))) return *user;
    }
    const auto made = run({"useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", fallback});
    // Two test processes may create it at once: what counts is that it is there.
    if (auto user = from_entry(getpwnam(fallback))) return *user;
    throw std::runtime_error("no ordinary user to run PostgreSQL under: " + made.err);
}

}  // namespace

const User& database_user() {
    static const User user = find_or_create();
    return user;
}

}  // namespace tromp::test
