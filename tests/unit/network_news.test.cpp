#include "daemon/network_news.hpp"

#include <linux/rtnetlink.h>
#include <net/if.h>

#include <cstring>

#include "tests/support/catch.hpp"

using namespace tromp;
using namespace std::chrono_literals;

namespace {

template <typename Body>
std::string message(unsigned short type, const Body& body) {
    nlmsghdr header{};
    header.nlmsg_type = type;
    header.nlmsg_len = NLMSG_HDRLEN + sizeof body;
    std::string bytes(NLMSG_ALIGN(header.nlmsg_len), '\0');
    std::memcpy(bytes.data(), &header, sizeof header);
    std::memcpy(bytes.data() + NLMSG_HDRLEN, &body, sizeof body);
    return bytes;
}

std::string link(unsigned short type, int index, unsigned flags) {
    ifinfomsg body{};
    body.ifi_index = index;
    body.ifi_flags = flags;
    return message(type, body);
}

std::string address(unsigned short type, unsigned char scope, unsigned char flags = 0) {
    ifaddrmsg body{};
    body.ifa_scope = scope;
    body.ifa_flags = flags;
    return message(type, body);
}

std::string route(unsigned short type, unsigned char kind, unsigned char table, unsigned flags = 0) {
    rtmsg body{};
    body.rtm_type = kind;
    body.rtm_table = table;
    body.rtm_flags = flags;
    return message(type, body);
}

const NewsPace::TimePoint noon{1000h};

}  // namespace

TEST_CASE("a link is news when it is first heard of, comes up, goes down, and goes away, and not in between") {
    NetworkNews news;
    CHECK(news.take(link(RTM_NEWLINK, 3, IFF_UP)));  // no carrier, which it may have had before
    CHECK_FALSE(news.take(link(RTM_NEWLINK, 3, IFF_UP | IFF_PROMISC)));
    CHECK(news.take(link(RTM_NEWLINK, 3, IFF_UP | IFF_RUNNING)));
    CHECK_FALSE(news.take(link(RTM_NEWLINK, 3, IFF_UP | IFF_RUNNING | IFF_PROMISC)));
    CHECK(news.take(link(RTM_NEWLINK, 4, IFF_UP | IFF_RUNNING)));
    CHECK(news.take(link(RTM_NEWLINK, 3, IFF_UP)));
    CHECK_FALSE(news.take(link(RTM_NEWLINK, 3, 0)));
    CHECK(news.take(link(RTM_DELLINK, 4, IFF_UP | IFF_RUNNING)));
    CHECK_FALSE(news.take(link(RTM_DELLINK, 4, 0)));
    news.take(link(RTM_NEWLINK, 5, IFF_UP | IFF_RUNNING));
    news.forget();
    CHECK(news.take(link(RTM_NEWLINK, 5, IFF_UP | IFF_RUNNING)));
}

TEST_CASE("addresses and routes are news where somebody may be reached by them") {
    NetworkNews news;
    for (const unsigned short type : {RTM_NEWADDR, RTM_DELADDR}) {
        CHECK(news.take(address(type, RT_SCOPE_UNIVERSE)));
        CHECK(news.take(address(type, RT_SCOPE_LINK)));
        CHECK_FALSE(news.take(address(type, RT_SCOPE_HOST)));
        CHECK_FALSE(news.take(address(type, RT_SCOPE_UNIVERSE, IFA_F_TENTATIVE)));
    }
    for (const unsigned short type : {RTM_NEWROUTE, RTM_DELROUTE}) {
        CHECK(news.take(route(type, RTN_UNICAST, RT_TABLE_MAIN)));
        CHECK(news.take(route(type, RTN_UNICAST, RT_TABLE_COMPAT)));
        CHECK_FALSE(news.take(route(type, RTN_LOCAL, RT_TABLE_LOCAL)));
        CHECK_FALSE(news.take(route(type, RTN_UNREACHABLE, RT_TABLE_MAIN)));
        CHECK_FALSE(news.take(route(type, RTN_UNICAST, RT_TABLE_MAIN, RTM_F_CLONED)));
    }
}

TEST_CASE("of several messages in a datagram one is enough, and what makes no sense is no news") {
    NetworkNews news;
    const auto dull = address(RTM_NEWADDR, RT_SCOPE_HOST);
    const auto good = route(RTM_NEWROUTE, RTN_UNICAST, RT_TABLE_MAIN);
    CHECK(news.take(dull + good));
    CHECK(news.take(good + dull));
    CHECK_FALSE(news.take(dull + dull));
    CHECK_FALSE(news.take(""));
    for (std::size_t length = 1; length < good.size(); ++length)
        CHECK_FALSE(news.take(std::string_view(good).substr(0, length)));
    auto endless = good;
    endless[0] = '\0';  // a message of length 0
    CHECK_FALSE(news.take(endless));
    auto empty = good;
    const nlmsghdr header{NLMSG_HDRLEN, RTM_NEWROUTE, 0, 0, 0};
    std::memcpy(empty.data(), &header, sizeof header);
    CHECK_FALSE(news.take(empty.substr(0, NLMSG_HDRLEN)));
}

TEST_CASE("news is acted upon at once, and once more when the crowd of it is quiet") {
    NewsPace pace;
    CHECK(pace.due() == std::nullopt);
    pace.news(noon);
    CHECK(pace.due() == noon);
    pace.acted(noon);
    CHECK(pace.due() == std::nullopt);
    pace.news(noon + 10ms);
    pace.news(noon + 100ms);
    CHECK(pace.due() == noon + 300ms);
    pace.acted(noon + 300ms);
    CHECK(pace.due() == std::nullopt);
    pace.news(noon + 1h);
    CHECK(pace.due() == noon + 1h);
}

TEST_CASE("a crowd of news that does not end is acted upon all the same, and not too often") {
    NewsPace pace;
    int acted = 0;
    auto last = noon;
    auto longest = 0ms;
    for (auto now = noon; now < noon + 10min; now += 10ms) {
        pace.news(now);
        if (*pace.due() > now) continue;
        pace.acted(now);
        longest = std::max(longest, std::chrono::duration_cast<std::chrono::milliseconds>(now - last));
        last = now;
        ++acted;
    }
    CHECK(acted <= 310);
    CHECK(acted >= 290);
    CHECK(longest <= 2100ms);
    // Whoever was quiet meanwhile may act several times at once again.
    pace.acted(noon + 10min);
    auto now = noon + 1h;
    for (int i = 0; i < 4; ++i, now += 300ms) {
        pace.news(now);
        CHECK(pace.due() == now);
        pace.acted(now);
    }
}

TEST_CASE("a machine that slept and a process that was stopped are noticed, and a busy one is not taken for either") {
    const TwoClocks before{100s, 5000s};
    const auto later = [&](std::chrono::milliseconds awake, std::chrono::milliseconds asleep) {
        return TwoClocks{before.awake + awake, before.all + awake + asleep};
    };
    CHECK_FALSE(stood_still(before, later(1s, 0s), 1s));
    CHECK_FALSE(stood_still(before, later(1s, 200ms), 1s));
    CHECK_FALSE(stood_still(before, later(4s, 0s), 1s));
    CHECK(stood_still(before, later(1s, 20s), 1s));
    CHECK(stood_still(before, later(100ms, 8h), 1s));
    CHECK(stood_still(before, later(10s, 0s), 1s));
}
