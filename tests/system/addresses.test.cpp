#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>

#include "tests/support/catch.hpp"
#include "tests/support/fd.hpp"
#include "tests/support/tree.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/ask.hpp"
#include "tests/system/items.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

/// Neighbours with several addresses, of which some are dead, and with names that mean another one by and by.
namespace {

/// Takes connections at an address, as the kernel does it for a program that never looks at them.
class SilentListener {
  public:
    SilentListener(const std::string& address, std::uint16_t port) {
        sockaddr_storage storage{};
        socklen_t size = 0;
        if (address.find(':') != std::string::npos) {
            sockaddr_in6 six{};
            six.sin6_family = AF_INET6;
            six.sin6_port = htons(port);
            inet_pton(AF_INET6, address.c_str(), &six.sin6_addr);
            size = sizeof six;
            std::memcpy(&storage, &six, size);
        } else {
            sockaddr_in four{};
            four.sin_family = AF_INET;
            four.sin_port = htons(port);
            inet_pton(AF_INET, address.c_str(), &four.sin_addr);
            size = sizeof four;
            std::memcpy(&storage, &four, size);
        }
        fd_ = Fd(socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
        const int on = 1;
        listens_ = fd_ && setsockopt(fd_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
                   bind(fd_.get(), reinterpret_cast<sockaddr*>(&storage), size) == 0 && listen(fd_.get(), 64) == 0;
    }
    bool listens() const { return listens_; }

  private:
    Fd fd_;
    bool listens_ = false;
};

/// b knows a by a name, and looks only when it is told.
struct Named {
    explicit Named(const std::string& retry = "{first: 1h, max: 1h}", const std::string& host = "home.test")
        : tree(Tree::chain(2, options())) {
        b.link(a, {.extra = "retry: " + retry + "\npoll_interval: 1h\n",
                   .conninfo =
                       "host=" + host + " port=" + std::to_string(a.cluster().port()) + " user=postgres dbname=a"});
        tree.init_all();
    }

    static TreeOptions options() {
        auto options = with_items();
        options.start = false;
        return options;
    }

    void start_with(const std::vector<std::string>& addresses) {
        b.faults().set_addresses("home.test", addresses);
        tree.start_all();
    }

    void check_flows(std::chrono::milliseconds deadline) {
        a.sql().exec("INSERT INTO item VALUES (1, 'of a')");
        wait_value(b, "SELECT count(*) FROM item", "1", deadline);
        tree.sync_all();
        tree.check_equal({"item"});
    }

    Tree tree;
    Node& a = tree[0];
    Node& b = tree[1];
};

// An attempt may take ten seconds.
constexpr auto soon = 4s;

}  // namespace

TEST_CASE("of several addresses of a neighbour the first one that answers is taken, whatever the others do") {
    Named named;
    const auto port = named.a.cluster().port();
    const SilentListener four("127.0.0.2", port);
    const SilentListener six("::1", port);
    REQUIRE(four.listens());
    if (!six.listens()) WARN("there is no IPv6 here: its address is refused instead of silent");
    const std::vector<std::string> addresses =
        GENERATE(std::vector<std::string>{"::1", "127.0.0.1"}, std::vector<std::string>{"127.0.0.2", "127.0.0.1"},
                 std::vector<std::string>{"127.0.0.1", "127.0.0.2"}, std::vector<std::string>{"127.0.0.3", "127.0.0.1"},
                 std::vector<std::string>{"127.0.0.3", "127.0.0.2", "::1", "127.0.0.1"});
    CAPTURE(addresses);
    named.start_with(addresses);
    named.check_flows(soon);
    CHECK(named.b.log().find("state=backing_off") == std::string::npos);
}

TEST_CASE("of several hosts of a neighbour the first one that answers is taken, each with its own port") {
    Named named;
    Proxy silent(named.a.cluster().port());
    silent.blackhole();
    const ReservedPort refused;
    const auto port = std::to_string(named.a.cluster().port());
    named.b.link(named.a,
                 {.extra = "retry: {first: 1h, max: 1h}\npoll_interval: 1h\n",
                  .conninfo = "host=127.0.0.1,127.0.0.1,home.test port=" + std::to_string(silent.port()) + "," +
                              std::to_string(refused.number()) + "," + port + " user=postgres dbname=a"});
    named.start_with({"127.0.0.1"});
    named.check_flows(soon);
}

TEST_CASE("where none of a neighbour's addresses answers, what each of them said is told") {
    Named named;
    const SilentListener silent("127.0.0.2", named.a.cluster().port());
    named.start_with({"127.0.0.3", "127.0.0.2"});
    const auto error = wait_error(named.b, named.a, "127.0.0.3");
    CHECK_THAT(error, contains("refused"));
    CHECK_THAT(error, contains("127.0.0.2; something accepts connections there and then says nothing"));
}

TEST_CASE("a name is looked up anew at every attempt, so a neighbour that moves is found") {
    Named named("{first: 50ms, max: 200ms}");
    named.start_with({"127.0.0.3"});
    wait_error(named.b, named.a, "127.0.0.3");
    named.b.faults().set_addresses("home.test", {"127.0.0.4"});
    wait_error(named.b, named.a, "127.0.0.4");
    named.b.faults().set_addresses("home.test", {"127.0.0.1"});
    named.check_flows(soon);
    // It moves while the link is up.
    named.b.faults().set_addresses("home.test", {"127.0.0.4"});
    named.a.sql().exec(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'trompd pull for b'");
    wait_error(named.b, named.a, "127.0.0.4");
}
