#include "daemon/network_news.hpp"

#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace tromp {
namespace {

using namespace std::chrono_literals;

constexpr auto quiet = 200ms;
constexpr auto longest_crowd = 1s;
// In the long run no more often than this; so many times at once.
constexpr auto apart = 2s;
constexpr int at_once = 4;

// Less is a machine that is busy.
constexpr auto worth_a_look = 1s;
constexpr auto worth_a_look_while_awake = 5s;

template <typename T>
std::optional<T> read(std::string_view bytes) {
    T value;
    if (bytes.size() < sizeof value) return std::nullopt;
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
}

/// Those of other kinds accompany an address, or say that there is no way.
bool leads_somewhere(const rtmsg& route) {
    return route.rtm_type == RTN_UNICAST && route.rtm_table != RT_TABLE_LOCAL && (route.rtm_flags & RTM_F_CLONED) == 0;
}

}  // namespace

bool NetworkNews::take(std::string_view datagram) {
    bool news = false;
    while (const auto header = read<nlmsghdr>(datagram)) {
        if (header->nlmsg_len < sizeof *header || header->nlmsg_len > datagram.size()) break;
        const auto body = datagram.substr(0, header->nlmsg_len).substr(NLMSG_HDRLEN);
        news = take_message(header->nlmsg_type, body) || news;
        datagram.remove_prefix(std::min<std::size_t>(NLMSG_ALIGN(header->nlmsg_len), datagram.size()));
    }
    return news;
}

bool NetworkNews::take_message(unsigned type, std::string_view body) {
    switch (type) {
        case RTM_NEWLINK: {
            const auto link = read<ifinfomsg>(body);
            if (!link) return false;
            const bool runs = (link->ifi_flags & IFF_UP) != 0 && (link->ifi_flags & IFF_RUNNING) != 0;
            const auto [known, first_heard_of] = runs_.emplace(link->ifi_index, runs);
            return std::exchange(known->second, runs) != runs || first_heard_of;
        }
        case RTM_DELLINK: {
            const auto link = read<ifinfomsg>(body);
            return link && runs_.erase(link->ifi_index) > 0;
        }
        case RTM_NEWADDR:
        case RTM_DELADDR: {
            const auto address = read<ifaddrmsg>(body);
            // A tentative one is told again when it is good for something.
            return address && address->ifa_scope != RT_SCOPE_HOST && (address->ifa_flags & IFA_F_TENTATIVE) == 0;
        }
        case RTM_NEWROUTE:
        case RTM_DELROUTE: {
            const auto route = read<rtmsg>(body);
            return route && leads_somewhere(*route);
        }
        default:
            return false;
    }
}

void NewsPace::news(TimePoint now) {
    if (!first_) first_ = now;
    last_ = now;
}

std::optional<NewsPace::TimePoint> NewsPace::due() const {
    if (!first_) return std::nullopt;
    const bool of_a_crowd = acted_ && *first_ - *acted_ < quiet;
    const auto wish = of_a_crowd ? std::min(last_ + quiet, *first_ + longest_crowd) : *first_;
    return earned_ ? std::max(wish, *earned_ - (at_once - 1) * apart) : wish;
}

void NewsPace::acted(TimePoint now) {
    first_.reset();
    acted_ = now;
    earned_ = std::max(earned_.value_or(now), now) + apart;
}

bool stood_still(const TwoClocks& before, const TwoClocks& now, std::chrono::milliseconds apart_by_plan) {
    const auto awake = now.awake - before.awake;
    const auto asleep = now.all - before.all - awake;
    return asleep > worth_a_look || awake > apart_by_plan + worth_a_look_while_awake;
}

}  // namespace tromp
