#include "common/report.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value_to.hpp>

#include <algorithm>
#include <array>
#include <utility>

#include "common/error.hpp"

namespace tromp {
namespace {

namespace json = boost::json;

constexpr std::array<std::pair<LinkState, std::string_view>, 8> state_words{{
    {LinkState::connecting, "connecting"},
    {LinkState::catching_up, "catching_up"},
    {LinkState::streaming, "streaming"},
    {LinkState::backing_off, "backing_off"},
    {LinkState::paused, "paused"},
    {LinkState::stale, "stale"},
    {LinkState::resynchronising, "resynchronising"},
    {LinkState::failed, "failed"},
}};

template <class T>
json::value nullable(const std::optional<T>& value) {
    return value ? json::value(*value) : json::value(nullptr);
}

json::value nullable(const std::optional<LinkState>& state) {
    return state ? json::value(to_string(*state)) : json::value(nullptr);
}

json::object to_json(const Waiting& waiting) {
    return {{"events", nullable(waiting.events)}, {"seconds", nullable(waiting.seconds)}};
}

json::object to_json(const NeighbourReport& neighbour) {
    json::object object{{"node", neighbour.node},
                        {"name", neighbour.name},
                        {"state", nullable(neighbour.state)},
                        {"to_receive", to_json(neighbour.to_receive)},
                        {"to_send", to_json(neighbour.to_send)},
                        {"last_sync", nullable(neighbour.last_sync)},
                        {"last_error", nullable(neighbour.last_error)},
                        {"retry_in_seconds", nullable(neighbour.retry_in_seconds)},
                        {"clock_offset_seconds", nullable(neighbour.clock_offset_seconds)},
                        {"conflicts", nullable(neighbour.conflicts)},
                        {"held_rows", nullable(neighbour.held_rows)}};
    if (const auto& comparing = neighbour.comparing) {
        object["comparing"] = json::object{{"tables", comparing->tables},
                                           {"rows", comparing->rows},
                                           {"expected", comparing->expected},
                                           {"different", comparing->different},
                                           {"bytes", comparing->bytes}};
    }
    if (neighbour.reason) object["reason"] = *neighbour.reason;
    return object;
}

json::object to_json(const TreeNode& node) {
    return {{"node", node.node},
            {"name", node.name},
            {"via", node.via},
            {"hops", node.hops},
            {"fresh_as_of", nullable(node.fresh_as_of)}};
}

template <class T>
json::array array_of(const std::vector<T>& items) {
    json::array array;
    for (const auto& item : items)
        array.push_back(to_json(item));
    return array;
}

template <class T>
std::optional<T> find(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    if (value == nullptr || value->is_null()) return std::nullopt;
    return json::value_to<T>(*value);
}

template <class T>
T get(const json::object& object, std::string_view key) {
    return json::value_to<T>(object.at(key));
}

Waiting waiting_from(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    if (value == nullptr || value->is_null()) return {};
    const auto& waiting = value->as_object();
    return {find<std::int64_t>(waiting, "events"), find<double>(waiting, "seconds")};
}

NeighbourReport neighbour_from(const json::object& object) {
    NeighbourReport neighbour;
    neighbour.node = get<int>(object, "node");
    neighbour.name = get<std::string>(object, "name");
    if (const auto word = find<std::string>(object, "state")) neighbour.state = link_state_from(*word);
    neighbour.to_receive = waiting_from(object, "to_receive");
    neighbour.to_send = waiting_from(object, "to_send");
    neighbour.last_sync = find<std::string>(object, "last_sync");
    neighbour.last_error = find<std::string>(object, "last_error");
    neighbour.retry_in_seconds = find<double>(object, "retry_in_seconds");
    neighbour.clock_offset_seconds = find<double>(object, "clock_offset_seconds");
    neighbour.conflicts = find<std::int64_t>(object, "conflicts");
    neighbour.held_rows = find<std::int64_t>(object, "held_rows");
    neighbour.reason = find<std::string>(object, "reason");
    if (const auto* const value = object.if_contains("comparing"); value != nullptr && value->is_object()) {
        const auto& comparing = value->as_object();
        neighbour.comparing =
            ComparingReport{get<std::int64_t>(comparing, "tables"), get<std::int64_t>(comparing, "rows"),
                            get<std::int64_t>(comparing, "expected"), get<std::int64_t>(comparing, "different"),
                            get<std::int64_t>(comparing, "bytes")};
    }
    return neighbour;
}

TreeNode tree_node_from(const json::object& object) {
    return {get<int>(object, "node"), get<std::string>(object, "name"), get<int>(object, "via"),
            get<int>(object, "hops"), find<std::string>(object, "fresh_as_of")};
}

StatusReport parse(const json::object& object) {
    StatusReport report;
    const auto& node = object.at("node").as_object();
    report.node = {get<int>(node, "number"), get<std::string>(node, "name"), get<std::string>(node, "daemon"),
                   get<std::string>(node, "version")};
    for (const auto& item : object.at("neighbours").as_array()) {
        report.neighbours.push_back(neighbour_from(item.as_object()));
    }
    const auto& log = object.at("log").as_object();
    report.log = {find<std::int64_t>(log, "events"), find<std::int64_t>(log, "bytes")};
    for (const auto& item : object.at("tree").as_array())
        report.tree.push_back(tree_node_from(item.as_object()));
    report.safe_to_go_offline = get<bool>(object, "safe_to_go_offline");
    return report;
}

}  // namespace

std::string_view to_string(LinkState state) {
    return state_words.at(static_cast<std::size_t>(state)).second;
}

std::optional<LinkState> link_state_from(std::string_view word) {
    for (const auto& [state, name] : state_words) {
        if (name == word) return state;
    }
    return std::nullopt;
}

bool nothing_to_send(const std::vector<NeighbourReport>& neighbours) {
    return std::all_of(neighbours.begin(), neighbours.end(),
                       [](const NeighbourReport& neighbour) { return neighbour.to_send.events == std::int64_t{0}; });
}

json::object to_json(const StatusReport& report) {
    const json::object node{{"number", report.node.number},
                            {"name", report.node.name},
                            {"daemon", report.node.daemon},
                            {"version", report.node.version}};
    return {{"node", node},
            {"neighbours", array_of(report.neighbours)},
            {"log", {{"events", nullable(report.log.events)}, {"bytes", nullable(report.log.bytes)}}},
            {"tree", array_of(report.tree)},
            {"safe_to_go_offline", report.safe_to_go_offline}};
}

StatusReport status_from_json(const json::object& object) {
    try {
        return parse(object);
    } catch (const std::exception& error) {  // out_of_range, system_error: whatever Boost.JSON finds wrong
        throw Error(std::string("the answer is not a status (") + error.what() +
                    "); are trompd and trompctl of the same version?");
    }
}

}  // namespace tromp
