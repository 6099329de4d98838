#include "tests/support/installation.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <string>
#include <system_error>

#include "tests/support/fd.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temp_dir.hpp"

namespace tromp::test {
namespace fs = std::filesystem;
namespace {

const Argv initdb_options = {"--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"};

std::string first_line(const std::string& text) {
    return text.substr(0, text.find('\n'));
}

fs::path from_pg_config() try {
    const auto output = run({"pg_config", "--bindir"});
    return output.exit_code == 0 ? fs::path(first_line(output.out)) : fs::path();
} catch (const std::system_error&) {  // there is none
    return {};
}

fs::path newest_of_distribution() {
    fs::path newest;
    long highest = 0;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", error)) {
        const long version = std::atol(entry.path().filename().c_str());
        if (version <= highest || !fs::exists(entry.path() / "bin/initdb")) continue;
        highest = version;
        newest = entry.path() / "bin";
    }
    return newest;
}

fs::path find_bindir() {
    if (const char* wish = std::getenv("TROMP_PG_BINDIR")) return wish;
    // The one of libpq-dev answers as well where no server is installed.
    if (const auto dir = from_pg_config(); fs::exists(dir / "initdb")) return dir;
    if (const auto dir = newest_of_distribution(); !dir.empty()) return dir;
    throw std::runtime_error("no PostgreSQL server found; install the package postgresql");
}

// Below a directory that everybody may write to, so it must not be somebody else's.
fs::path private_directory(const User& owner) {
    const auto dir = temp_root() / ("tromp-template-" + std::to_string(owner.uid));
    if (mkdir(dir.c_str(), 0700) != 0 && errno != EEXIST) {
        throw std::system_error(errno, std::generic_category(), "mkdir " + dir.native());
    }
    struct stat found {};
    const bool ours = lstat(dir.c_str(), &found) == 0 && S_ISDIR(found.st_mode) &&
                      (found.st_uid == owner.uid || found.st_uid == geteuid());
    if (!ours || (found.st_uid != owner.uid && lchown(dir.c_str(), owner.uid, owner.gid) != 0)) {
        throw std::runtime_error(dir.native() + " is not ours; remove it");
    }
    return dir;
}

Fd lock(const fs::path& file) {
    Fd fd(open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!fd || flock(fd.get(), LOCK_EX) != 0) {
        throw std::system_error(errno, std::generic_category(), "lock " + file.native());
    }
    return fd;
}

void initdb(const fs::path& dir, const User& owner) {
    Argv argv = {postgres_program("initdb"), "--pgdata=" + dir.native()};
    argv.insert(argv.end(), initdb_options.begin(), initdb_options.end());
    const auto output = run(argv, {.user = owner});
    if (output.exit_code != 0) throw std::runtime_error("initdb: " + output.out + output.err);
}

fs::path make_template() {
    std::string recipe = run({postgres_program("postgres"), "--version"}).out;
    for (const auto& option : initdb_options)
        recipe += option;
    const User& owner = database_user();
    const auto dir = private_directory(owner);
    const auto made = dir / std::to_string(std::hash<std::string>()(recipe));
    const Fd held = lock(dir / "lock");
    if (geteuid() == 0) lchown((dir / "lock").c_str(), owner.uid, owner.gid);
    if (fs::exists(made)) return made;
    auto draft = made;
    draft += ".draft";
    fs::remove_all(draft);
    initdb(draft, owner);
    fs::rename(draft, made);  // half a template has another name
    return made;
}

}  // namespace

void make_cluster_files(const fs::path& dir) {
    initdb(dir, database_user());
}

fs::path postgres_program(std::string_view name) {
    static const fs::path bindir = find_bindir();
    return bindir / name;
}

fs::path cluster_template() {
    static const fs::path made = make_template();
    return made;
}

}  // namespace tromp::test
