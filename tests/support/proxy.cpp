#include "tests/support/proxy.hpp"

#include "tests/support/proxy_loop.hpp"

namespace tromp::test {

Proxy::Proxy(std::uint16_t target_port)
    : loop_(std::make_unique<ProxyLoop>(target_port)), thread_([this] { loop_->run(); }) {}

Proxy::~Proxy() {
    loop_->command([](ProxyFaults& faults) { faults.ended = true; });
    thread_.join();
}

void Proxy::pass() {
    loop_->command([](ProxyFaults& faults) { faults = ProxyFaults{}; });
}

void Proxy::cut() {
    loop_->command([](ProxyFaults& faults) { faults.mode = ProxyFaults::Mode::cut; });
}

void Proxy::blackhole() {
    loop_->command([](ProxyFaults& faults) { faults.mode = ProxyFaults::Mode::blackhole; });
}

void Proxy::answer(std::string words) {
    loop_->command([&](ProxyFaults& faults) {
        faults.mode = ProxyFaults::Mode::answer;
        faults.words = std::move(words);
    });
}

void Proxy::forget() {
    loop_->command([](ProxyFaults& faults) { faults.forgets = true; });
}

void Proxy::strand() {
    loop_->command([](ProxyFaults& faults) {
        faults = ProxyFaults{};
        faults.strands = true;
    });
}

void Proxy::deliver_stranded() {
    loop_->command([](ProxyFaults& faults) { faults.delivers_stranded = true; });
}

void Proxy::delay(std::chrono::milliseconds each_way) {
    loop_->command([=](ProxyFaults& faults) { faults.delay = each_way; });
}

void Proxy::cut_after(std::uint64_t bytes_to_clients) {
    loop_->command([=](ProxyFaults& faults) { faults.left_before_cut = bytes_to_clients; });
}

void Proxy::limit(std::uint64_t bytes_per_second) {
    loop_->command([=](ProxyFaults& faults) {
        faults.to_server = Throttle(bytes_per_second);
        faults.to_client = Throttle(bytes_per_second);
    });
}

std::uint16_t Proxy::port() const noexcept {
    return loop_->port();
}
bool Proxy::is_cut() const {
    return loop_->counters().is_cut;
}
std::uint64_t Proxy::bytes_to_server() const {
    return loop_->counters().to_server;
}
std::uint64_t Proxy::bytes_to_client() const {
    return loop_->counters().to_client;
}
std::uint64_t Proxy::accepted() const {
    return loop_->counters().accepted;
}
std::uint64_t Proxy::open() const {
    return loop_->counters().open;
}

}  // namespace tromp::test
