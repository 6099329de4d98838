#include "tests/system/peak_memory.hpp"

#include <sstream>
#include <string>

#include "tests/support/catch.hpp"
#include "tests/support/temp_dir.hpp"

namespace tromp::test {

long long peak_memory(const Process& process) {
    std::istringstream lines(read_file("/proc/" + std::to_string(process.pid()) + "/status"));
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("VmHWM:")) return std::stoll(line.substr(6));
    }
    FAIL("no VmHWM for the daemon");
    return 0;
}

}  // namespace tromp::test
