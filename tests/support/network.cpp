#include "tests/support/network.hpp"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <stdexcept>
#include <system_error>

#include "tests/support/database.hpp"
#include "tests/support/wait_until.hpp"

namespace tromp::test {
namespace {

using namespace std::chrono_literals;

[[noreturn]] void fail(const std::string& what) {
    throw std::system_error(errno, std::generic_category(), what);
}

Fd open_network(const std::string& process) {
    Fd fd(open(("/proc/" + process + "/ns/net").c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) fail("the network of process " + process);
    return fd;
}

std::string network_of(pid_t process) {
    std::string link(64, '\0');
    const auto size = readlink(("/proc/" + std::to_string(process) + "/ns/net").c_str(), link.data(), link.size());
    return size < 0 ? "" : link.substr(0, static_cast<std::size_t>(size));
}

}  // namespace

std::string why_no_networks() {
    try {
        const CabledNetworks networks;
        return "";
    } catch (const std::exception& error) {
        return error.what();
    }
}

CabledNetworks::CabledNetworks() : left_(hold_network(dir_, "left")), right_(hold_network(dir_, "right")) {
    ip(Side::left,
       {"link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", std::to_string(holder(Side::right))});
    for (const auto side : {Side::left, Side::right}) {
        ip(side, {"addr", "add", address(side) + "/29", "dev", "cable"});
        ip(side, {"link", "set", "lo", "up"});
        ip(side, {"link", "set", "cable", "up"});
    }
}

std::unique_ptr<Process> CabledNetworks::hold_network(const TempDir& dir, const std::string& name) {
    auto process = std::make_unique<Process>(Argv{"unshare", "--net", "sleep", "infinity"}, dir.path(), name);
    const auto ours = network_of(getpid());
    const bool apart = becomes_true(10s, [&] {
        const auto theirs = network_of(process->pid());
        return !process->is_running() || (!theirs.empty() && theirs != ours);
    });
    if (!apart || !process->is_running()) throw std::runtime_error("no network of its own: " + process->err());
    return process;
}

CabledNetworks::Inside::Inside(const CabledNetworks& networks, Side side) : back_(open_network("thread-self")) {
    const auto there = open_network(std::to_string(networks.holder(side)));
    if (setns(there.get(), CLONE_NEWNET) != 0) fail("entering a network");
}

CabledNetworks::Inside::~Inside() {
    // A thread that stayed would run the next test where nobody is.
    if (setns(back_.get(), CLONE_NEWNET) != 0) std::terminate();
}

std::string CabledNetworks::address(Side side) {
    return side == Side::left ? "198.18.77.1" : "198.18.77.2";  // set aside for tests by RFC 2544
}

Cluster::Settings CabledNetworks::settings(Side side) {
    return {{"listen_addresses", address(side)}};
}

void CabledNetworks::let_in(const Cluster& cluster) {
    std::ofstream(cluster.data_dir() / "pg_hba.conf", std::ios::app) << "host all all 198.18.77.0/29 trust\n";
    Database(cluster.conninfo("postgres")).exec("SELECT pg_reload_conf()");
}

std::string CabledNetworks::conninfo(const Cluster& cluster, Side side, const std::string& database) {
    return "host=" + address(side) + " port=" + std::to_string(cluster.port()) + " dbname=" + database +
           " user=postgres";
}

void CabledNetworks::pull_cable() const {
    ip(Side::left, {"link", "set", "cable", "down"});
}

void CabledNetworks::plug_cable() const {
    ip(Side::left, {"link", "set", "cable", "up"});
}

std::uint64_t CabledNetworks::received(Side side) const {
    const auto table = read_file("/proc/" + std::to_string(holder(side)) + "/net/dev");
    const auto line = table.find("cable:");
    if (line == std::string::npos) throw std::runtime_error("there is no cable");
    return std::stoull(table.substr(line + 6));
}

void CabledNetworks::ip(Side side, const Argv& arguments) const {
    Argv argv = {"ip"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    const Inside inside(*this, side);
    const auto output = run(argv);
    if (output.exit_code != 0) throw std::runtime_error("ip " + arguments.front() + ": " + output.err);
}

}  // namespace tromp::test
