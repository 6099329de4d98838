#include "common/position.hpp"

#include "common/error.hpp"

#include <algorithm>
#include <charconv>

namespace tromp {
namespace {

[[noreturn]] void no_snapshot(std::string_view text) {
    throw Error("'" + std::string(text) + "' is not a snapshot");
}

Xid take_number(std::string_view& rest, std::string_view whole) {
    Xid value = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    if (error != std::errc{}) no_snapshot(whole);
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    return value;
}

void expect(std::string_view& rest, char c, std::string_view whole) {
    if (rest.empty() || rest[0] != c) no_snapshot(whole);
    rest.remove_prefix(1);
}

std::string join(const std::vector<Xid>& xids) {
    std::string text;
    for (const Xid xid : xids) {
        if (!text.empty()) text += ',';
        text += std::to_string(xid);
    }
    return text;
}

}  // namespace

bool Snapshot::contains(Xid xid) const {
    return xid < xmax && !std::binary_search(xip.begin(), xip.end(), xid);
}

bool Snapshot::covers(const Snapshot& other) const {
    return xmax >= other.xmax && std::all_of(xip.begin(), xip.end(), [&](Xid open) { return !other.contains(open); });
}

std::string Snapshot::text() const {
    return std::to_string(xip.empty() ? xmax : xip.front()) + ':' + std::to_string(xmax) + ':' + join(xip);
}

std::string Snapshot::xip_array() const {
    return '{' + join(xip) + '}';
}

Snapshot Snapshot::parse(std::string_view text) {
    auto rest = text;
    Snapshot result;
    take_number(rest, text);  // xmin says nothing that xip does not
    expect(rest, ':', text);
    result.xmax = take_number(rest, text);
    expect(rest, ':', text);
    for (bool first = true; !rest.empty(); first = false) {
        if (!first) expect(rest, ',', text);
        result.xip.push_back(take_number(rest, text));
    }
    const bool ascending =
        std::adjacent_find(result.xip.begin(), result.xip.end(), std::greater_equal<>()) == result.xip.end();
    if (!ascending || result.xmax == 0 || (!result.xip.empty() && result.xip.back() >= result.xmax)) no_snapshot(text);
    return result;
}

Snapshot cut(const Snapshot& now, const Snapshot& old, Xid last) {
    if (last == 0) return old;
    Snapshot result;
    if (last < old.xmax) {
        result.xmax = old.xmax;
        std::copy_if(old.xip.begin(), old.xip.end(), std::back_inserter(result.xip),
                     [&](Xid xid) { return xid > last || !now.contains(xid); });
        return result;
    }
    result.xmax = last + 1;
    std::copy_if(now.xip.begin(), now.xip.end(), std::back_inserter(result.xip), [&](Xid xid) { return xid <= last; });
    return result;
}

Lsn parse_lsn(std::string_view text) {
    const auto slash = text.find('/');
    std::uint32_t high = 0;
    std::uint32_t low = 0;
    const auto parse = [](std::string_view part, std::uint32_t& value) {
        const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value, 16);
        return error == std::errc{} && end == part.data() + part.size();
    };
    if (slash == std::string_view::npos || !parse(text.substr(0, slash), high) || !parse(text.substr(slash + 1), low)) {
        throw Error("'" + std::string(text) + "' is not a position in the write-ahead log");
    }
    return static_cast<Lsn>(high) << 32U | low;
}

bool is_flushed(Lsn inserted, Lsn flushed) {
    // PostgreSQL's XLogPageHeaderData: 24 bytes on every page, 40 on the first of a segment.
    constexpr Lsn page = 8192;
    constexpr Lsn longest_header = 40;
    const Lsn offset = inserted % page;
    return flushed >= (offset <= longest_header ? inserted - offset : inserted);
}

}  // namespace tromp
