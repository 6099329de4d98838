#include "common/database_status.hpp"

#include <algorithm>
#include <charconv>

#include <sql/embedded.hpp>

#include "common/sql_text.hpp"

namespace tromp {
namespace {

double seconds_at(const pg::Result& rows, int row, std::string_view column) {
    const auto text = rows.at(row, column);
    double value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

NeighbourReport neighbour_at(const pg::Result& rows, int row) {
    NeighbourReport neighbour;
    neighbour.node = static_cast<int>(rows.number(row, "node"));
    neighbour.name = rows.at(row, "name");
    if (rows.boolean(row, "stale")) {
        neighbour.state = LinkState::stale;
        neighbour.reason =
            "it was away too long: the log is not kept for it any more, and the tables are compared when it is back";
    }
    if (rows.boolean(row, "paused")) neighbour.state = LinkState::paused;
    neighbour.last_sync = rows.optional_at(row, "last_sync");
    neighbour.conflicts = rows.number(row, "conflicts");
    neighbour.held_rows = rows.number(row, "held_rows");
    neighbour.last_error = rows.optional_at(row, "held_tables");
    return neighbour;
}

TreeNode tree_node_at(const pg::Result& rows, int row) {
    return {static_cast<int>(rows.number(row, "node")), std::string(rows.at(row, "name")),
            static_cast<int>(rows.number(row, "via")), static_cast<int>(rows.number(row, "hops")),
            rows.optional_at(row, "fresh_as_of")};
}

boost::asio::awaitable<Waiting> read_to_send(pg::Connection& connection, SqlValues values) {
    const auto row = co_await connection.query(render_sql(sql::status_to_send, values));
    Waiting waiting;
    waiting.events = row.number(0, "events");
    waiting.seconds = seconds_at(row, 0, "seconds");
    co_return waiting;
}

/// The neighbours of the database come first; the file may list more, and may lack some.
void compare_with_file(std::vector<NeighbourReport>& neighbours, const Config& config) {
    for (auto& neighbour : neighbours) {
        const bool listed = std::any_of(config.neighbours.begin(), config.neighbours.end(),
                                        [&](const Neighbour& other) { return other.node == neighbour.node; });
        if (listed) continue;
        neighbour.reason =
            "not in the configuration, but the log is still kept for it; to end the link: trompctl remove " +
            std::to_string(neighbour.node);
    }
    for (const auto& listed : config.neighbours) {
        const bool known = std::any_of(neighbours.begin(), neighbours.end(),
                                       [&](const NeighbourReport& other) { return other.node == listed.node; });
        if (known) continue;
        NeighbourReport neighbour;
        neighbour.node = listed.node;
        neighbour.name = listed.name;
        neighbour.reason = "not in the database yet; run trompctl init";
        neighbours.push_back(std::move(neighbour));
    }
}

}  // namespace

boost::asio::awaitable<StatusReport> read_database_status(pg::Connection& connection, const Config& config) {
    StatusReport report;
    report.node = {config.node, config.name, "stopped", TROMP_VERSION};

    const auto log = co_await connection.query(std::string(sql::status_log));
    report.log = {log.number(0, "events"), log.number(0, "bytes")};

    const auto rows = co_await connection.query(std::string(sql::status_neighbours));
    for (int row = 0; row < rows.rows(); ++row) {
        auto neighbour = neighbour_at(rows, row);
        const SqlValues unread{{"node", std::to_string(neighbour.node)},
                               {"read_below", std::string(rows.at(row, "read_below"))},
                               {"read_except", std::string(rows.at(row, "read_except"))},
                               {"held", std::string(rows.at(row, "held"))}};
        if (!rows.boolean(row, "stale")) neighbour.to_send = co_await read_to_send(connection, unread);
        report.neighbours.push_back(std::move(neighbour));
    }
    const auto tree = co_await connection.query(std::string(sql::status_tree));
    for (int row = 0; row < tree.rows(); ++row)
        report.tree.push_back(tree_node_at(tree, row));
    compare_with_file(report.neighbours, config);
    report.safe_to_go_offline = nothing_to_send(report.neighbours);
    co_return report;
}

}  // namespace tromp
