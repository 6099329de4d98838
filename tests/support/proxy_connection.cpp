#include "tests/support/proxy_connection.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

#include "tests/support/port.hpp"

namespace tromp::test {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t window = 1 << 20;     // read ahead of what could be written
constexpr milliseconds throttled_pause{5};  // until the next look at an exhausted allowance
constexpr auto no_limit = std::numeric_limits<std::uint64_t>::max();

bool would_block() {
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

void reset_on_close(const Fd& fd) noexcept {
    const linger at_once{1, 0};
    setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

}  // namespace

std::uint64_t Throttle::allowance(ProxyClock::time_point now) {
    if (rate_ == 0) return no_limit;
    const double per_second = static_cast<double>(rate_);
    saved_ += std::chrono::duration<double>(now - last_).count() * per_second;
    saved_ = std::min(saved_, std::max(1.0, per_second / 10));
    last_ = now;
    return static_cast<std::uint64_t>(saved_);
}

void Throttle::spend(std::uint64_t bytes) {
    if (rate_ != 0) saved_ -= static_cast<double>(bytes);
}

bool ProxyFlow::wants_input() const {
    return !ended_ && queued_ < window;
}

std::optional<ProxyClock::time_point> ProxyFlow::due() const {
    if (queue_.empty()) return std::nullopt;
    return queue_.front().due;
}

bool ProxyFlow::read(int from, milliseconds delay) {
    std::array<char, 65536> buffer;
    while (wants_input()) {
        const auto count = recv(from, buffer.data(), buffer.size(), 0);
        if (count < 0) return would_block();
        const auto size = static_cast<std::size_t>(count);
        ended_ = size == 0;
        queue_.push_back({ProxyClock::now() + delay, std::string(buffer.data(), size)});  // the end travels as no bytes
        queued_ += size;
    }
    return true;
}

std::optional<std::uint64_t> ProxyFlow::write(int to, std::uint64_t most, ProxyClock::time_point now) {
    std::uint64_t written = 0;
    while (!queue_.empty() && queue_.front().due <= now) {
        auto& chunk = queue_.front();
        const auto size =
            static_cast<std::size_t>(std::min<std::uint64_t>(chunk.bytes.size() - chunk.gone, most - written));
        if (size > 0) {
            const auto count = send(to, chunk.bytes.data() + chunk.gone, size, MSG_NOSIGNAL);
            if (count < 0 && !would_block()) return std::nullopt;
            if (count <= 0) break;
            chunk.gone += static_cast<std::size_t>(count);
            queued_ -= static_cast<std::size_t>(count);
            written += static_cast<std::uint64_t>(count);
        }
        if (chunk.gone < chunk.bytes.size()) {
            if (written == most) break;
            continue;
        }
        if (chunk.bytes.empty()) {
            shutdown(to, SHUT_WR);
            shut_ = true;
        }
        queue_.pop_front();
    }
    return written;
}

ProxyConnection::ProxyConnection(Fd client, std::uint16_t target) : client_(std::move(client)), target_(target) {
    const int on = 1;
    setsockopt(client_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void ProxyConnection::reset() noexcept {
    for (Fd* side : {&client_, &server_}) {
        if (*side) reset_on_close(*side);
        side->close();
    }
}

void ProxyConnection::answer(const std::string& words) {
    std::array<char, 4096> heard;
    if (recv(client_.get(), heard.data(), heard.size(), 0) < 0 && would_block()) return;
    send(client_.get(), words.data(), words.size(), MSG_NOSIGNAL);
    client_.close();
    server_.close();
}

void ProxyConnection::strand() {
    if (stranded_ || forgotten_ || !client_) return;
    stranded_ = up_.read(client_.get(), milliseconds{0}) && server_;
    reset_on_close(client_);
    client_.close();
    up_.end();
}

void ProxyConnection::deliver() {
    std::array<char, 65536> nowhere;
    for (;;) {
        const auto count = recv(server_.get(), nowhere.data(), nowhere.size(), 0);
        if (count < 0 && would_block()) break;
        if (count <= 0) return server_.close();
    }
    if (!up_.is_finished() && !up_.write(server_.get(), no_limit, ProxyClock::now())) server_.close();
}

ProxyConnection::Moved ProxyConnection::forward(ProxyFaults& faults) {
    if (forgotten_) return {};
    if (stranded_) {
        if (faults.delivers_stranded) deliver();
        return {};
    }
    if (!server_) server_ = connect_to(target_);
    const auto both_read = [&] {
        return up_.read(client_.get(), faults.delay) && down_.read(server_.get(), faults.delay);
    };
    if (!both_read()) {
        reset();
        return {};
    }
    const auto now = ProxyClock::now();
    const auto to_server = up_.write(server_.get(), faults.to_server.allowance(now), now);
    const auto most = std::min(faults.to_client.allowance(now), faults.left_before_cut.value_or(no_limit));
    const auto to_client = down_.write(client_.get(), most, now);
    const Moved moved{to_server.value_or(0), to_client.value_or(0)};
    faults.to_server.spend(moved.to_server);
    faults.to_client.spend(moved.to_client);
    if (faults.left_before_cut) *faults.left_before_cut -= moved.to_client;
    if (!to_server || !to_client) {
        reset();
    } else if (up_.is_finished() && down_.is_finished()) {
        client_.close();
        server_.close();
    }
    return moved;
}

std::optional<milliseconds> ProxyConnection::wants(ProxyFaults& faults, ProxyClock::time_point now,
                                                   std::vector<pollfd>& fds) const {
    std::optional<milliseconds> pause;
    if (forgotten_) return pause;
    if (stranded_) {
        if (faults.delivers_stranded) fds.push_back({server_.get(), POLLIN, 0});
        return throttled_pause;
    }
    // The events to wait for at the flow's far end: nothing as long as a delay or the throttle holds it back.
    const auto output = [&](const ProxyFlow& flow, Throttle& throttle) -> short {
        const auto due = flow.due();
        if (!due) return 0;
        milliseconds wait{0};
        if (*due > now) {
            wait = std::chrono::ceil<milliseconds>(*due - now);
        } else if (throttle.allowance(now) == 0) {
            wait = throttled_pause;
        } else {
            return POLLOUT;
        }
        pause = std::min(pause.value_or(wait), wait);
        return 0;
    };
    const auto input = [](const ProxyFlow& flow) -> short { return flow.wants_input() ? POLLIN : 0; };
    const auto add = [&](const Fd& fd, int events) {
        // Without events poll would still report a hang-up, again and again.
        if (fd && events != 0) fds.push_back({fd.get(), static_cast<short>(events), 0});
    };
    add(client_, input(up_) | output(down_, faults.to_client));
    add(server_, input(down_) | output(up_, faults.to_server));
    if (!server_) pause = milliseconds{0};
    return pause;
}

}  // namespace tromp::test
