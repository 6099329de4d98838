#include "common/fault.hpp"

#ifdef TROMP_FAULT_POINTS

#include "common/connection.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <thread>

namespace tromp {
namespace {

namespace fs = std::filesystem;
constexpr std::chrono::milliseconds look_again{2};

std::optional<fs::path> armed_file(std::string_view name, int detail) {
    static const char* const directory = std::getenv("TROMP_FAULT_DIR");
    if (directory == nullptr) return std::nullopt;
    const fs::path plain = fs::path(directory) / name;
    if (fs::exists(plain)) return plain;
    if (detail == 0) return std::nullopt;
    const fs::path detailed = plain.string() + "." + std::to_string(detail);
    return fs::exists(detailed) ? std::optional(detailed) : std::nullopt;
}

/// Marks the point as reached and does what can be done at once. True: wait until the file is gone.
bool strike(const fs::path& file) {
    std::string action;
    std::ifstream(file) >> action;
    std::ofstream(file.string() + ".reached") << "reached\n";
    if (action == "kill") std::raise(SIGKILL);
    if (action == "error") throw pg::ConnectionError("fault point " + file.filename().string());
    return action == "pause";
}

}  // namespace

boost::asio::awaitable<void> fault_point(std::string_view name, int detail) {
    const auto file = armed_file(name, detail);
    if (!file || !strike(*file)) co_return;
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
    while (fs::exists(*file)) {
        timer.expires_after(look_again);
        co_await timer.async_wait(boost::asio::use_awaitable);
    }
}

void blocking_fault_point(std::string_view name) {
    const auto file = armed_file(name, 0);
    if (!file || !strike(*file)) return;
    while (fs::exists(*file))
        std::this_thread::sleep_for(look_again);
}

std::optional<std::vector<std::string>> faked_addresses(const std::string& name) {
    const auto file = armed_file("host." + name, 0);
    if (!file) return std::nullopt;
    std::ifstream in(*file);
    std::vector<std::string> addresses;
    for (std::string address; in >> address;)
        addresses.push_back(address);
    return addresses;
}

}  // namespace tromp

#endif
