#include "tests/support/fake_clock.hpp"

#include <glob.h>

#include <stdexcept>

namespace tromp::test {
namespace {

std::string find_library() {
    glob_t found{};
    const int result = glob("/usr/lib/*/faketime/libfaketime.so.1", 0, nullptr, &found);
    const std::string library = result == 0 ? found.gl_pathv[0] : "";
    globfree(&found);
    if (library.empty()) throw std::runtime_error("libfaketime is missing: install the package faketime");
    return library;
}

}  // namespace

FakeClock::FakeClock() : offset_(dir_ / "offset"), library_(find_library()) {
    set(std::chrono::seconds(0));
}

std::map<std::string, std::string> FakeClock::environment() const {
    return {{"LD_PRELOAD", library_},
            {"FAKETIME_TIMESTAMP_FILE", offset_},
            {"FAKETIME_NO_CACHE", "1"},
            {"FAKETIME_DONT_FAKE_MONOTONIC", "1"}};
}

void FakeClock::set(std::chrono::seconds ahead) {
    write_file(offset_, (ahead.count() < 0 ? "" : "+") + std::to_string(ahead.count()) + "\n");
}

}  // namespace tromp::test
