#include "common/config_values.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <memory>
#include <string_view>
#include <vector>

#include "common/nearest.hpp"
#include "common/table_pattern.hpp"
#include "common/units.hpp"

namespace tromp {
namespace {

using ConninfoOptions = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

bool is_number(std::string_view text) {
    return text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// True when in doubt; `passfile` names no secret.
bool may_hold_password(std::string_view conninfo) {
    std::string text(conninfo);
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    for (auto at = text.find("passfile"); at != std::string::npos; at = text.find("passfile")) {
        text.erase(at, 8);
    }
    for (const char* word : {"pass", "pw", "secret", "@"}) {
        if (text.find(word) != std::string::npos) return true;
    }
    // In a URI without @, what follows the first colon is a port, unless the user meant a password.
    const auto scheme = text.find("://");
    if (scheme == std::string::npos) return false;
    const std::string host = text.substr(scheme + 3, text.find_first_of("/?", scheme + 3) - (scheme + 3));
    const auto colon = host.find(':');
    return colon != std::string::npos && !is_number(std::string_view(host).substr(colon + 1));
}

/// libpq's message, with the option name that was probably meant.
std::string explain(std::string message) {
    while (!message.empty() && (message.back() == '\n' || message.back() == '.')) {
        message.pop_back();
    }
    constexpr std::string_view invalid_option = "invalid connection option \"";
    if (!message.starts_with(invalid_option)) return message;
    const std::string name = message.substr(invalid_option.size(), message.size() - invalid_option.size() - 1);
    const ConninfoOptions known(PQconninfoParse("", nullptr), &PQconninfoFree);
    std::vector<std::string> names;
    for (const PQconninfoOption* option = known.get(); option && option->keyword; ++option) {
        names.emplace_back(option->keyword);
    }
    const auto near = nearest(name, names);
    return near ? message + "; did you mean '" + *near + "'?" : message;
}

}  // namespace

std::optional<Milliseconds> read_duration(const yaml::Value& value) {
    constexpr std::string_view expected =
        "a duration from 1ms to 3650d: a whole number and one of ms, s, m, h, d, such as 200ms or 30d";
    const auto text = value.text(expected);
    if (!text) return std::nullopt;
    const auto duration = parse_duration(*text);
    if (duration && *duration >= Milliseconds{1} && *duration <= std::chrono::hours{24 * 3650}) return duration;
    value.must_be(expected);
    return std::nullopt;
}

std::optional<std::uint64_t> read_size(const yaml::Value& value) {
    constexpr std::string_view expected =
        "a size from 1B to 1000000GB: a whole number and one of B, kB, MB, GB, such as 10GB";
    const auto text = value.text(expected);
    if (!text) return std::nullopt;
    const auto size = parse_size(*text);
    if (size && *size >= 1 && *size <= std::uint64_t{1000000} << 30U) return size;
    value.must_be(expected);
    return std::nullopt;
}

std::optional<std::string> read_log_level(const yaml::Value& value) {
    return yaml::one_of<std::string>(
        {{"trace", "trace"}, {"debug", "debug"}, {"info", "info"}, {"warn", "warn"}, {"error", "error"}})(value);
}

std::optional<std::string> read_node_name(const yaml::Value& value) {
    constexpr std::string_view expected = "a name of 1 to 63 bytes that is not a number, such as home";
    auto name = value.text(expected);
    if (!name) return std::nullopt;
    const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
    const bool good = name->size() <= 63 && !is_number(*name) && name->front() != ' ' && name->back() != ' ' &&
                      std::none_of(name->begin(), name->end(), control);
    if (good) return name;
    value.must_be(expected);
    return std::nullopt;
}

std::optional<std::string> read_conninfo(const yaml::Value& value) {
    constexpr std::string_view expected = "a libpq connection string, such as 'host=/run/postgresql dbname=calendar'";
    auto text = value.text(expected);
    if (!text) return std::nullopt;
    char* message = nullptr;
    const ConninfoOptions options(PQconninfoParse(text->c_str(), &message), &PQconninfoFree);
    const std::unique_ptr<char, decltype(&PQfreemem)> owner(message, &PQfreemem);
    if (options) return text;
    if (may_hold_password(*text)) {
        value.error(value.label() +
                    " is not a libpq connection string; check the option names, and put values with spaces in single "
                    "quotes (it may hold a password, so no more is shown)");
    } else {
        value.error(value.label() + " is not a libpq connection string; " +
                    explain(message ? message : "out of memory"));
    }
    return std::nullopt;
}

std::optional<std::string> read_table_pattern(const yaml::Value& value) {
    constexpr std::string_view expected =
        "a schema-qualified name or pattern, such as public.account, public.* or !public.cache_*";
    auto text = value.text(expected);
    if (!text) return std::nullopt;
    if (TablePattern::parse(*text)) return text;
    std::string better(expected);
    if (TablePattern::parse("public." + *text)) better += "; did you mean public." + *text + "?";
    value.must_be(better);
    return std::nullopt;
}

std::optional<std::string> read_table_name(const yaml::Value& key) {
    const std::string& text = key.node().Scalar();
    const auto pattern = TablePattern::parse(text);
    if (pattern && !pattern->excludes() && !pattern->has_wildcard()) return pattern->name();
    key.error(yaml::shown(text) +
              " is not the name of a table; write it with its schema and without wildcards, such as " +
              "public.account");
    return std::nullopt;
}

std::optional<std::string> read_listen(const yaml::Value& value) {
    constexpr std::string_view expected =
        "host:port, such as 127.0.0.1:7788 or '[::1]:7788', with a port from 1 to 65535";
    auto text = value.text(expected);
    if (!text) return std::nullopt;
    const auto colon = text->rfind(':');
    if (colon != std::string::npos) {
        const std::string_view host = std::string_view(*text).substr(0, colon);
        const std::string_view port = std::string_view(*text).substr(colon + 1);
        const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
        const bool good_host = bracketed || (!host.empty() && host.find_first_of("[]:/* ") == std::string_view::npos);
        unsigned number = 0;
        const auto [rest, error] = std::from_chars(port.data(), port.data() + port.size(), number);
        const bool good_port =
            error == std::errc{} && rest == port.data() + port.size() && number >= 1 && number <= 65535;
        if (good_host && good_port) return text;
    }
    value.must_be(expected);
    return std::nullopt;
}

std::optional<std::string> read_socket(const yaml::Value& value) {
    constexpr std::string_view expected = "an absolute path of at most 107 bytes, such as /run/trompd/trompd.sock";
    auto text = value.text(expected);
    if (!text) return std::nullopt;
    if (text->front() == '/' && text->size() <= 107) return text;
    value.must_be(expected);
    return std::nullopt;
}

}  // namespace tromp
