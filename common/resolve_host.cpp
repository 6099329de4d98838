#include "common/resolve_host.hpp"

#include "common/connection.hpp"
#include "common/fault.hpp"

#include <netdb.h>
#include <sys/socket.h>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <memory>
#include <mutex>
#include <thread>

namespace tromp {
namespace asio = boost::asio;
namespace {

struct Lookup {
    std::mutex mutex;
    asio::steady_timer* waiter = nullptr;  ///< null when nobody waits any more: the event loop may be gone
    int error = 0;
    std::vector<std::string> addresses;
};

void look_up(const std::string& host, Lookup& lookup) {
    if (auto faked = faked_addresses(host)) {
        lookup.addresses = std::move(*faked);
        return;
    }
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    lookup.error = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
    for (const addrinfo* a = found; a != nullptr; a = a->ai_next) {
        char text[NI_MAXHOST];
        if (::getnameinfo(a->ai_addr, a->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST) != 0) continue;
        if (std::find(lookup.addresses.begin(), lookup.addresses.end(), text) == lookup.addresses.end()) {
            lookup.addresses.emplace_back(text);
        }
    }
    if (found != nullptr) ::freeaddrinfo(found);
}

/// Tells the thread, however the coroutine ends, that nobody waits for it any more.
struct Abandon {
    std::shared_ptr<Lookup> lookup;
    ~Abandon() {
        const std::lock_guard lock(lookup->mutex);
        lookup->waiter = nullptr;
    }
};

}  // namespace

asio::awaitable<std::vector<std::string>> resolve_host(std::string host,
                                                       std::chrono::steady_clock::time_point deadline) {
    const auto executor = co_await asio::this_coro::executor;
    const auto shared = std::make_shared<Lookup>();
    asio::steady_timer done(executor, deadline);
    shared->waiter = &done;
    const Abandon guard{shared};
    std::thread([host, shared, executor] {
        blocking_fault_point("resolve");
        auto answer = std::make_unique<Lookup>();
        look_up(host, *answer);
        const std::lock_guard lock(shared->mutex);
        if (shared->waiter == nullptr) return;
        shared->error = answer->error;
        shared->addresses = std::move(answer->addresses);
        asio::post(executor, [shared] {
            const std::lock_guard wake_lock(shared->mutex);
            if (shared->waiter != nullptr) shared->waiter->expires_at(std::chrono::steady_clock::time_point::min());
        });
    }).detach();
    boost::system::error_code woken;
    co_await done.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    const std::lock_guard lock(shared->mutex);
    if (shared->error != 0) {
        throw pg::ConnectionError("host name \"" + host + "\" cannot be looked up: " + ::gai_strerror(shared->error));
    }
    if (shared->addresses.empty()) {
        if (woken == asio::error::operation_aborted && std::chrono::steady_clock::now() < deadline) {
            throw boost::system::system_error(woken);
        }
        throw pg::ConnectionError("host name \"" + host + "\" cannot be looked up: the name server does not answer");
    }
    co_return shared->addresses;
}

}  // namespace tromp
