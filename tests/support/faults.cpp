#include "tests/support/faults.hpp"

#include <chrono>

#include "tests/support/wait_until.hpp"

namespace tromp::test {
namespace fs = std::filesystem;
namespace {

constexpr auto reach_deadline = std::chrono::seconds(30);

const char* text(Faults::Action action) {
    switch (action) {
        case Faults::Action::kill:
            return "kill";
        case Faults::Action::error:
            return "error";
        case Faults::Action::pause:
            return "pause";
    }
    return "";
}

}  // namespace

void Faults::arm(const std::string& name, Action action) {
    fs::remove(dir_ / (name + ".reached"));
    write_file(dir_ / name, text(action));
}

bool Faults::is_reached(const std::string& name) const {
    return fs::exists(dir_ / (name + ".reached"));
}

void Faults::wait_reached(const std::string& name) const {
    wait_until(reach_deadline, "fault point " + name + " is reached", [&] { return is_reached(name); });
}

void Faults::release(const std::string& name) {
    fs::remove(dir_ / (name + ".reached"));  // first: with the point gone, the daemon may be on its way to the next
    fs::remove(dir_ / name);
}

void Faults::set_addresses(const std::string& host, const std::vector<std::string>& addresses) {
    std::string text;
    for (const auto& address : addresses)
        text += address + "\n";
    // Renamed, so that no look-up sees half of it.
    write_file(dir_ / "addresses.new", text);
    fs::rename(dir_ / "addresses.new", dir_ / ("host." + host));
}

void Faults::clear() {
    for (const auto& entry : fs::directory_iterator(dir())) {
        if (entry.path().extension() != ".reached") release(entry.path().filename());
    }
}

}  // namespace tromp::test
