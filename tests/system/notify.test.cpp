#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstring>

#include "tests/support/catch.hpp"
#include "tests/support/fd.hpp"
#include "tests/support/tree.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/ask.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

namespace {

/// The service manager's end of sd_notify.
class Manager {
  public:
    Manager() : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path().c_str(), path().size() + 1);
        REQUIRE(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    }

    std::string path() const { return (dir_ / "notify.sock").native(); }

    void wait_told(const std::string& text, std::chrono::milliseconds deadline = 10s) {
        wait_until(
            deadline, "the daemon tells " + text, [&] { return told(text) > 0; },
            [&] {
                std::string all;
                for (const auto& message : messages_)
                    all += message + "\n";
                return all;
            });
    }

    /// How many messages had `text`.
    long told(const std::string& text) {
        char buffer[4096];
        for (;;) {
            const auto length = ::recv(socket_.get(), buffer, sizeof buffer, 0);
            if (length < 0) break;
            messages_.emplace_back(buffer, static_cast<std::size_t>(length));
        }
        return std::count_if(messages_.begin(), messages_.end(),
                             [&](const auto& message) { return message.find(text) != std::string::npos; });
    }

  private:
    TempDir dir_;
    Fd socket_;
    std::vector<std::string> messages_;
};

}  // namespace

TEST_CASE("the daemon tells the service manager that it is ready, how it is, that it lives, and that it ends") {
    TreeOptions options;
    options.schema = "CREATE TABLE item (nr bigint PRIMARY KEY, name text)";
    auto tree = Tree::chain(2, options);
    auto& a = tree[0];
    tree.sync_all();
    a.stop();

    Manager manager;
    TempDir dir;
    // WATCHDOG_PID is its own process id, which is that of the shell before it.
    Process daemon({"sh", "-c", "WATCHDOG_PID=$$ exec \"$@\"", "sh", std::string(TROMP_BINARY_DIR) + "/trompd",
                    "--config", a.config()},
                   dir.path(), "trompd",
                   {.environment = {{"NOTIFY_SOCKET", manager.path()}, {"WATCHDOG_USEC", "400000"}}});
    manager.wait_told("READY=1");
    CHECK(a.ctl({"status"}).exit_code == 0);
    CHECK(a.status().at("node").at("daemon").as_string() == "running");
    manager.wait_told("STATUS=b streaming");
    const auto fed = manager.told("WATCHDOG=1");
    wait_until(3s, "the watchdog is fed", [&] { return manager.told("WATCHDOG=1") >= fed + 4; });

    tree[1].stop();
    tree.cluster().stop();
    manager.wait_told("STATUS=");
    wait_until(10s, "it tells of the trouble", [&] { return manager.told("backing_off") > 0; });
    tree.cluster().start();

    const auto ready = manager.told("READY=1");
    daemon.kill(SIGHUP);
    manager.wait_told("RELOADING=1");
    wait_until(5s, "it is ready again", [&] { return manager.told("READY=1") == ready + 1; });
    CHECK(manager.told("STOPPING=1") == 0);
    daemon.kill(SIGTERM);
    CHECK(daemon.wait_exit(5s) == 0);
    CHECK(manager.told("STOPPING=1") == 1);
    tree[1].start();
}

TEST_CASE("the watchdog is not fed for another process") {
    Cluster cluster;
    Node node(cluster, 1, "a");
    node.init_ok();
    Manager manager;
    node.options().environment = {{"NOTIFY_SOCKET", manager.path()}, {"WATCHDOG_USEC", "10000"}, {"WATCHDOG_PID", "1"}};
    node.start();
    manager.wait_told("READY=1");
    node.stop();
    CHECK(manager.told("STOPPING=1") == 1);
    CHECK(manager.told("WATCHDOG=1") == 0);
}
