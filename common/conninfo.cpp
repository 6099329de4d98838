#include "common/conninfo.hpp"

#include "common/resolve_host.hpp"

#include <arpa/inet.h>
#include <libpq-fe.h>

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

void append(std::string& list, const std::string& part, bool first) {
    if (!first) list += ',';
    list += part;
}

/// Gives libpq `hostaddr` beside `host`: a host with several addresses becomes several hosts, tried in turn.
boost::asio::awaitable<void> resolve_hosts(Params& params, const std::string& label,
                                           std::chrono::steady_clock::time_point deadline) {
    if (params.contains("hostaddr")) co_return;
    if (!params.contains("host")) {
        const char* const host = std::getenv("PGHOST");
        if (host == nullptr || std::getenv("PGHOSTADDR") != nullptr) co_return;
        params["host"] = host;
    }
    const auto hosts = split(params["host"]);
    const auto ports = split(params.contains("port") ? params["port"] : "");
    std::string host_list;
    std::string address_list;
    std::string port_list;
    bool first = true;
    std::string failure;
    for (std::size_t i = 0; i < hosts.size(); ++i) {
        const auto& port = ports.size() > 1 && i < ports.size() ? ports[i] : ports[0];
        std::vector<std::string> addresses{""};
        if (!hosts[i].empty() && hosts[i][0] != '/' && hosts[i][0] != '@') {
            if (is_address(hosts[i])) {
                addresses = {hosts[i]};
            } else {
                try {
                    addresses = co_await resolve_host(hosts[i], deadline);
                } catch (const ConnectionError& error) {
                    failure = error.what();
                    continue;
                }
            }
        }
        for (const auto& address : addresses) {
            append(host_list, hosts[i], first);
            append(address_list, address, first);
            append(port_list, port, first);
            first = false;
        }
    }
    if (first) throw ConnectionError(label.empty() ? failure : label + ": " + failure);
    params["host"] = host_list;
    params["hostaddr"] = address_list;
    if (params.contains("port")) params["port"] = port_list;
}

}  // namespace

boost::asio::awaitable<ConnectParams> connect_params(const std::string& conninfo, const Options& options,
                                                     std::chrono::steady_clock::time_point deadline) {
    auto params = parse(conninfo);
    co_await resolve_hosts(params, options.label, deadline);
    params.emplace("application_name", options.application_name);
    params.emplace("keepalives_idle", "5");
    params.emplace("keepalives_interval", "2");
    params.emplace("keepalives_count", "3");
    params.emplace("tcp_user_timeout", "10000");
    params["client_encoding"] = "UTF8";
    ConnectParams result;
    for (auto& [keyword, value] : params) {
        result.keywords.push_back(keyword);
        result.values.push_back(std::move(value));
    }
    co_return result;
}

}  // namespace tromp::pg
