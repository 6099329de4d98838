#include "ctl/status_text.hpp"

#include <algorithm>
#include <cmath>

#include "common/units.hpp"
#include "ctl/text_table.hpp"

namespace tromp::ctl {
namespace {

constexpr const char* unknown = "-";

std::string text(const std::optional<std::int64_t>& number) {
    return number ? std::to_string(*number) : unknown;
}

std::string text(const std::optional<std::string>& words) {
    return words.value_or(unknown);
}

std::string text_of_seconds(const std::optional<double>& seconds) {
    if (!seconds) return unknown;
    return format_duration(std::chrono::milliseconds(std::llround(*seconds * 1000)));
}

std::string words(LinkState state) {
    std::string result(to_string(state));
    for (char& c : result) {
        if (c == '_') c = ' ';
    }
    return result;
}

std::string safety(const StatusReport& report) {
    if (report.safe_to_go_offline) return "; safe to go offline\n";
    const bool waiting =
        std::any_of(report.neighbours.begin(), report.neighbours.end(),
                    [](const NeighbourReport& neighbour) { return neighbour.to_send.events.value_or(0) > 0; });
    return waiting ? "; not safe to go offline: changes wait to be sent\n"
                   : "; not known whether it is safe to go offline\n";
}

/// Why a link is as it is: errors and reasons may both be there.
std::string remark(const NeighbourReport& neighbour) {
    if (const auto& comparing = neighbour.comparing) {
        return std::to_string(comparing->rows) + " of some " + std::to_string(comparing->expected) +
               " rows compared, " + std::to_string(comparing->different) + " differed" +
               (neighbour.last_error ? "; " + *neighbour.last_error : "");
    }
    if (!neighbour.last_error) return neighbour.reason.value_or(unknown);
    return *neighbour.last_error + (neighbour.reason ? "; " + *neighbour.reason : "");
}

}  // namespace

std::string status_text(const StatusReport& report) {
    std::string result = "node " + std::to_string(report.node.number) + " (" + report.node.name + "), trompd " +
                         report.node.daemon + "; log: " + text(report.log.events) + " events";
    if (report.log.bytes) result += ", " + format_size(static_cast<std::uint64_t>(*report.log.bytes));
    result += safety(report);
    TextTable table({"NEIGHBOUR", "STATE", "TO RECEIVE", "LAG", "TO SEND", "WAITING", "LAST SYNC", "NEXT RETRY",
                     "CONFLICTS", "HELD", "LAST ERROR"});
    for (const auto& neighbour : report.neighbours) {
        table.add({std::to_string(neighbour.node) + " " + neighbour.name,
                   neighbour.state ? words(*neighbour.state) : unknown, text(neighbour.to_receive.events),
                   text_of_seconds(neighbour.to_receive.seconds), text(neighbour.to_send.events),
                   text_of_seconds(neighbour.to_send.seconds), text(neighbour.last_sync),
                   neighbour.retry_in_seconds ? "in " + text_of_seconds(neighbour.retry_in_seconds) : unknown,
                   text(neighbour.conflicts), text(neighbour.held_rows), remark(neighbour)});
    }
    return result + (table.empty() ? "no neighbours\n" : table.text());
}

std::string tree_text(const StatusReport& report) {
    TextTable table({"NODE", "VIA", "HOPS", "FRESH AS OF"});
    for (const auto& node : report.tree) {
        table.add({std::to_string(node.node) + " " + node.name, node.hops == 1 ? unknown : std::to_string(node.via),
                   std::to_string(node.hops), text(node.fresh_as_of)});
    }
    return table.empty() ? "no other node is known\n" : table.text();
}

}  // namespace tromp::ctl
