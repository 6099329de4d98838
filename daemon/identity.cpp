#include "daemon/identity.hpp"

#include "common/sql_text.hpp"

#include <sql/embedded.hpp>

namespace tromp {
namespace {

/// What the source's end of the link tells of the source itself.
std::string lost_there(const StoredState& state, const BatchHeader& header, const std::string& name) {
    const std::string there = "the database of " + name;
    const std::string back = there + " went back to an earlier state (restored from a backup)";
    if (state.identity.incarnation != header.identity.incarnation) return there + " was set up anew";
    if (state.identity.system_identifier != header.identity.system_identifier)
        return there + " is in another PostgreSQL cluster than before";
    if (state.identity.timeline != header.identity.timeline) return there + " changed its timeline";
    if (header.last_event < state.last_event || header.now.xmax < state.position->xmax) return back;
    const bool forgot = !state.acknowledged.empty() && header.read_of_us && header.link_of_us == state.own_link &&
                        !header.read_of_us->covers(Snapshot::parse(state.acknowledged));
    if (forgot) return back + ": it has read less of us than before";
    // Who has gone back knows less of the other than that has done since. Here neither does.
    if (!header.marks.know(state.identity.mark)) return back + ", or is a copy of the one that was read before";
    if (header.overlooked) return back + ", or is a copy: it has changes under numbers that were read for others";
    return "";
}

std::string lost_here(const StoredState& state, const BatchHeader& header, const std::string& name) {
    const std::string back = "our own database went back to an earlier state (restored from a backup)";
    if (header.link_of_us != state.own_link) return "";
    if (header.acknowledged && !state.position->covers(*header.acknowledged))
        return back + ": " + name + " knows that more was read from it than is recorded here";
    if (!state.own_marks.know(header.mark_of_us))
        return back + ", or is a copy: " + name + " has read on in another one with this node's number";
    return "";
}

}  // namespace

LostPast find_lost_past(const StoredState& state, const BatchHeader& header, const Peer& from) {
    if (!state.position) return {};
    return {lost_there(state, header, from.name), lost_here(state, header, from.name)};
}

pg::asio::awaitable<std::string> find_overlooked(pg::Connection& target, const BatchHeader& header, const Peer& from) {
    if (!header.read_of_us || !header.newest_of_us) co_return "";
    const auto query =
        render_sql(sql::overlooked, "position", header.read_of_us->text(), "newest",
                   std::to_string(*header.newest_of_us), "except", except_tables("e", header.held_of_us));
    const auto row = co_await target.query(query);
    if (!row.boolean(0, "overlooked")) co_return "";
    co_return "our own database went back to an earlier state (restored from a backup), or is a copy: it has changes "
              "under numbers that " +
        from.name + " has read for others";
}

void check_at_home(const std::string& name, const std::string& moved) {
    if (moved.empty()) return;
    throw Error("the database of " + name + " is not where its links began: " + moved +
                ". They do not flow until they begin anew, each with a comparison: run trompctl init at " + name);
}

}  // namespace tromp
