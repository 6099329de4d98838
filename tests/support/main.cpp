#define CATCH_CONFIG_RUNNER  // version 2 compiles itself here; version 3 is a library and ignores it
#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/catch.hpp"

extern char** environ;

namespace {

// PGHOST, PGOPTIONS, PGSERVICE and their like would send a test to another server than its own.
void forget_libpq_environment() {
    std::vector<std::string> names;
    for (char** entry = environ; *entry; ++entry) {
        const std::string_view text = *entry;
        if (text.substr(0, 2) == "PG") names.emplace_back(text.substr(0, text.find('=')));
    }
    for (const auto& name : names)
        unsetenv(name.c_str());
}

// Started without them, the next file opened would be taken for standard input, output or error.
void open_standard_streams() {
    int fd = 0;
    while (fd >= 0 && fd <= STDERR_FILENO)
        fd = open("/dev/null", O_RDWR);
    if (fd > STDERR_FILENO) close(fd);
}

}  // namespace

int main(int argc, char** argv) {
    open_standard_streams();
    std::signal(SIGPIPE, SIG_IGN);
    forget_libpq_environment();
    return Catch::Session().run(argc, argv);
}
