#pragma once

#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What `trompctl status` says of a node. The daemon and the database fill these, to_json() puts them on the wire, and
/// the tool prints them. An empty optional is null in JSON: not known at the moment, never an old value.
namespace tromp {

/// How our pull from a neighbour stands; of the direction that is worse off where this daemon runs both.
enum class LinkState {
    connecting,       ///< no session yet, or the neighbour does not list us yet
    catching_up,      ///< changes are flowing that are older than the last drained pull
    streaming,        ///< drained: new changes come as they are made
    backing_off,      ///< the last attempt failed; the next one is at `retry_in_seconds`
    paused,           ///< stopped by `trompctl pause`, at either end
    stale,            ///< away for too long; its log is no longer kept and it will resynchronise
    resynchronising,  ///< comparing and repairing whole tables
    failed,           ///< stopped for a reason that only a person can clear; see `last_error`
};
std::string_view to_string(LinkState state);
std::optional<LinkState> link_state_from(std::string_view word);

struct NodeReport {
    int number{};
    std::string name;
    std::string daemon{"stopped"};  ///< running or stopped
    std::string version;            ///< of the program that made the report
};

/// What has been committed at one end and is not known to have arrived at the other.
struct Waiting {
    std::optional<std::int64_t> events;
    std::optional<double> seconds;  ///< age of the oldest of them; 0 when there are none
};

/// How far two ends have come that make their tables equal.
struct ComparingReport {
    std::int64_t tables = 0;     ///< that are not done
    std::int64_t rows = 0;       ///< that were compared
    std::int64_t expected = 0;   ///< in all, by an estimate
    std::int64_t different = 0;  ///< of those that were compared
    std::int64_t bytes = 0;      ///< of the rows that came for it
};

struct NeighbourReport {
    int node{};
    std::string name;
    std::optional<LinkState> state;
    Waiting to_receive;
    Waiting to_send;
    std::optional<std::string> last_sync;  ///< UTC, as 2026-11-23T02:00:00Z: the last pull that was applied
    std::optional<std::string> last_error;
    std::optional<double> retry_in_seconds;
    std::optional<double> clock_offset_seconds;  ///< positive: the neighbour's clock is ahead
    std::optional<std::int64_t> conflicts;       ///< decided here against changes of this link, not restored
    std::optional<std::int64_t> held_rows;
    std::optional<ComparingReport> comparing;
    std::optional<std::string> reason;  ///< why the state is what it is, where that is not obvious
};

struct LogReport {
    std::optional<std::int64_t> events;
    std::optional<std::int64_t> bytes;
};

/// A node of the tree, our neighbours included.
struct TreeNode {
    int node{};
    std::string name;
    int via{};                               ///< the neighbour through which we reach it
    int hops{};                              ///< 1: a neighbour
    std::optional<std::string> fresh_as_of;  ///< UTC: our copy has all that was committed there by then
};

struct StatusReport {
    NodeReport node;
    std::vector<NeighbourReport> neighbours;
    LogReport log;
    std::vector<TreeNode> tree;
    bool safe_to_go_offline{};  ///< see nothing_to_send()
};

/// True only when it is known of every neighbour that nothing waits to be sent to it.
bool nothing_to_send(const std::vector<NeighbourReport>& neighbours);

boost::json::object to_json(const StatusReport& report);

/// Members that are missing count as null, unknown ones are ignored, so that tool and daemon may differ a little in
/// age. Throws Error when it is not a status.
StatusReport status_from_json(const boost::json::object& json);

}  // namespace tromp
