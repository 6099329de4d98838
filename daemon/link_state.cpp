#include "daemon/link_state.hpp"

#include "common/sql_text.hpp"

#include <sql/embedded.hpp>

namespace tromp {

pg::asio::awaitable<StoredState> read_link_state(pg::Connection& target, int source) {
    const ClockQuestion question;
    const auto row = co_await target.query(render_sql(sql::link_state, "source", std::to_string(source)));
    if (row.rows() == 0) throw Error("node " + std::to_string(source) + " is not a neighbour any more: it was removed");
    StoredState state;
    state.clock = question.end(row.number(0, "clock"));
    state.paused = row.boolean(0, "paused");
    state.forwards = row.number(0, "others") > 0;
    if (const auto position = row.optional_at(0, "position")) state.position = Snapshot::parse(*position);
    state.schema_version = static_cast<int>(row.number(0, "schema_version"));
    state.acknowledged = row.optional_at(0, "acknowledged").value_or("");
    state.acknowledged_held = row.at(0, "acknowledged_held");
    state.held = parse_held_tables(row.at(0, "held_tables"));
    state.compared = row.optional_at(0, "compared").value_or("");
    state.identity = {row.optional_at(0, "system_identifier").value_or(""), row.optional_at(0, "timeline").value_or(""),
                      row.optional_at(0, "incarnation").value_or(""), row.optional_at(0, "knows").value_or(""),
                      row.optional_at(0, "mark").value_or("")};
    state.own_name = row.at(0, "own_name");
    state.own_link = row.at(0, "own_link");
    state.used = row.boolean(0, "used");
    state.whole = row.boolean(0, "whole");
    state.behind = row.boolean(0, "behind");
    state.yields = row.boolean(0, "yields");
    state.asked = row.optional_at(0, "asked").value_or("");
    state.comparing = parse_comparing(row.at(0, "comparing"));
    state.own_marks = {std::string(row.at(0, "own_mark")), row.optional_at(0, "own_mark_before").value_or("")};
    state.moved = row.optional_at(0, "moved").value_or("");
    if (state.position) state.last_event = row.number(0, "last_event");
    if (row.optional_at(0, "newest")) state.newest = row.number(0, "newest");
    state.place.incarnation = row.optional_at(0, "own_incarnation").value_or("");
    state.suspects = row.boolean(0, "suspects");
    const auto reach = row.optional_at(0, "reach");
    state.place.accepted = reach.has_value();
    if (reach) state.reach = parse_reach(*reach);
    state.place.others = parse_reaches(row.at(0, "other_reach"));
    co_return state;
}

}  // namespace tromp
