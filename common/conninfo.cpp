#include "common/conninfo.hpp"

#include "common/resolve_host.hpp"

#include <arpa/inet.h>
#include <libpq-fe.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <string_view>

namespace tromp::pg {
namespace {

using Params = std::map<std::string, std::string, std::less<>>;

Params parse(const std::string& conninfo) {
    char* error = nullptr;
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
        PQconninfoParse(conninfo.c_str(), &error), &PQconninfoFree);
    const std::unique_ptr<char, decltype(&PQfreemem)> message(error, &PQfreemem);
    // libpq's message may quote a part of the text that holds the password, so it is not passed on.
    if (!options)
        throw ConnectionError("the connection string cannot be parsed; see 'Connection Strings' in libpq's manual");
    Params params;
    for (const auto* option = options.get(); option->keyword != nullptr; ++option) {
        if (option->val != nullptr) params.emplace(option->keyword, option->val);
    }
    return params;
}

bool is_address(const std::string& host) {
    unsigned char buffer[sizeof(in6_addr)];
    return ::inet_pton(AF_INET, host.c_str(), buffer) == 1 || ::inet_pton(AF_INET6, host.c_str(), buffer) == 1;
}

std::vector<std::string> split(std::string_view list) {
    std::vector<std::string> parts;
    for (;;) {
        const auto comma = list.find(',');
        parts.emplace_back(list.substr(0, comma));
        if (comma == std::string_view::npos) return parts;
        list.remove_prefix(comma + 1);
    }
}

/// One way to the server. What is empty is left to libpq.
struct Way {
    std::string host;
    std::string address;
    std::string port;
};

// A name may have many addresses, and each of them costs a connection.
constexpr std::size_t most_ways = 16;

boost::asio::awaitable<std::vector<std::string>> addresses_of(std::string host,
                                                              std::chrono::steady_clock::time_point deadline) {
    if (host.empty() || host[0] == '/' || host[0] == '@') co_return std::vector<std::string>{""};
    if (is_address(host)) co_return std::vector<std::string>{std::move(host)};
    co_return co_await resolve_host(std::move(host), deadline);
}

/// By host name, with what libpq would take from the environment.
boost::asio::awaitable<std::vector<Way>> find_ways(Params& params, std::string label,
                                                   std::chrono::steady_clock::time_point deadline) {
    if (!params.contains("host") && !params.contains("hostaddr")) {
        const char* const host = std::getenv("PGHOST");
        if (host == nullptr || std::getenv("PGHOSTADDR") != nullptr) co_return std::vector<Way>(1);
        params["host"] = host;
    }
    const auto names = split(params["host"]);
    const auto known = split(params["hostaddr"]);
    const auto ports = split(params["port"]);
    const auto count = std::max(names.size(), known.size());
    const auto nth = [](const std::vector<std::string>& list, std::size_t i) {
        return list.size() == 1 ? list[0] : i < list.size() ? list[i] : "";
    };
    const auto is_list = [&](const std::vector<std::string>& list) { return list.size() == 1 || list.size() == count; };
    const bool named = names.size() == count || params["host"].empty();
    const bool matched = named && (known.size() == count || params["hostaddr"].empty()) && is_list(ports);
    if (!matched) co_return std::vector<Way>(1);  // libpq says what is wrong
    std::vector<Way> ways;
    std::string failure;
    for (std::size_t i = 0; i < count; ++i) {
        const auto name = nth(names, i);
        std::vector<std::string> addresses;
        try {
            if (params["hostaddr"].empty() || known[i].empty()) {
                addresses = co_await addresses_of(name, deadline);
            } else {
                addresses.push_back(known[i]);
            }
        } catch (const ConnectionError& error) {
            failure = error.what();
        }
        for (const auto& address : addresses) {
            if (ways.size() < most_ways) ways.push_back({name, address, nth(ports, i)});
        }
    }
    if (ways.empty()) throw ConnectionError(label.empty() ? failure : label + ": " + failure);
    co_return ways;
}

void set_or_drop(Params& params, const char* keyword, const std::string& value) {
    params.erase(keyword);
    if (!value.empty()) params.emplace(keyword, value);
}

}  // namespace

boost::asio::awaitable<std::vector<ConnectParams>> connect_params(const std::string& conninfo, const Options& options,
                                                                  std::chrono::steady_clock::time_point deadline) {
    auto params = parse(conninfo);
    const auto ways = co_await find_ways(params, options.label, deadline);
    params.emplace("application_name", options.application_name);
    params.emplace("keepalives_idle", "5");
    params.emplace("keepalives_interval", "2");
    params.emplace("keepalives_count", "3");
    params.emplace("tcp_user_timeout", "10000");
    params["client_encoding"] = "UTF8";
    std::vector<ConnectParams> all;
    for (const auto& way : ways) {
        if (!way.host.empty() || !way.address.empty()) {
            set_or_drop(params, "host", way.host);
            set_or_drop(params, "hostaddr", way.address);
            set_or_drop(params, "port", way.port);
        }
        auto& result = all.emplace_back();
        for (const auto& [keyword, value] : params) {
            result.keywords.push_back(keyword);
            result.values.push_back(value);
        }
    }
    co_return all;
}

}  // namespace tromp::pg
