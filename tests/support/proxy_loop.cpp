#include "tests/support/proxy_loop.hpp"

#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace tromp::test {

ProxyLoop::ProxyLoop(std::uint16_t target_port)
    : target_(target_port), listener_(port_.listen()), wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!wake_) throw std::system_error(errno, std::generic_category(), "eventfd");
}

void ProxyLoop::command(Command change) {
    post([&] {
        change(faults_);
        enforce();
    });
}

ProxyLoop::Counters ProxyLoop::counters() {
    Counters copy;
    post([&] {
        copy = counters_;
        copy.open = connections_.size();
        copy.is_cut = !listener_;
    });
    return copy;
}

void ProxyLoop::post(std::function<void()> function) {
    std::packaged_task<void()> task(std::move(function));
    auto done = task.get_future();
    {
        const std::lock_guard lock(mutex_);
        commands_.push_back(std::move(task));
    }
    eventfd_write(wake_.get(), 1);
    done.get();
}

void ProxyLoop::run() {
    while (!faults_.ended) {
        accept_clients();
        forward();
        wait();
        take_commands();
    }
}

void ProxyLoop::take_commands() {
    eventfd_t count = 0;
    eventfd_read(wake_.get(), &count);
    std::vector<std::packaged_task<void()>> commands;
    {
        const std::lock_guard lock(mutex_);
        commands.swap(commands_);
    }
    for (auto& command : commands)
        command();
}

void ProxyLoop::enforce() {
    if (faults_.left_before_cut == 0) faults_.mode = ProxyFaults::Mode::cut;
    if (faults_.mode == ProxyFaults::Mode::cut) {
        for (auto& connection : connections_)
            connection.reset();
        connections_.clear();
        listener_.close();
    } else if (!listener_) {
        listener_ = port_.listen();
    }
    if (faults_.forgets) {
        for (auto& connection : connections_)
            connection.forget();
    }
    faults_.forgets = false;
    if (!faults_.strands) return;
    faults_.strands = false;
    for (auto at = connections_.begin(); at != connections_.end();) {
        at->strand();
        at = at->is_open() ? std::next(at) : connections_.erase(at);
    }
}

void ProxyLoop::accept_clients() {
    if (!listener_) return;
    for (;;) {
        Fd client(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (!client) return;
        connections_.emplace_back(std::move(client), target_);
        ++counters_.accepted;
    }
}

void ProxyLoop::forward() {
    if (faults_.mode != ProxyFaults::Mode::pass && faults_.mode != ProxyFaults::Mode::answer) return;
    for (auto at = connections_.begin(); at != connections_.end();) {
        if (faults_.mode == ProxyFaults::Mode::answer) {
            at->answer(faults_.words);
            at = at->is_open() ? std::next(at) : connections_.erase(at);
            continue;
        }
        const auto moved = at->forward(faults_);
        counters_.to_server += moved.to_server;
        counters_.to_client += moved.to_client;
        if (faults_.left_before_cut == 0) return enforce();
        at = at->is_open() ? std::next(at) : connections_.erase(at);
    }
}

void ProxyLoop::wait() {
    std::vector<pollfd> fds = {{wake_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
    auto timeout = std::chrono::milliseconds(-1);
    if (faults_.mode == ProxyFaults::Mode::answer && !connections_.empty()) timeout = std::chrono::milliseconds(5);
    if (faults_.mode == ProxyFaults::Mode::pass) {
        const auto now = ProxyClock::now();
        for (auto& connection : connections_) {
            const auto pause = connection.wants(faults_, now, fds);
            if (pause && (timeout.count() < 0 || *pause < timeout)) timeout = *pause;
        }
    }
    poll(fds.data(), fds.size(), static_cast<int>(timeout.count()));
}

}  // namespace tromp::test
