#include "daemon/identity.hpp"

namespace tromp {
namespace {

[[noreturn]] void stop(const Peer& from, const std::string& what) {
    throw Error(what + ": changes may be missing, so nothing is read from " + from.name +
                " until the two databases are compared (trompctl join " + from.name +
                "; or end the link at both ends with trompctl remove, make the tables equal, and restart)");
}

}  // namespace

void check_at_home(const std::string& name, const std::string& moved) {
    if (moved.empty()) return;
    throw Error("the database of " + name + " is not where its links began: " + moved +
                ". They do not flow until they begin anew, each with a comparison: run trompctl init at " + name +
                ", then trompctl remove " + name + " at each of its neighbours, and restart their trompd");
}

void check_begun_alike(const std::string& own_link, const BatchHeader& header, const Peer& from) {
    if (header.link_of_us.empty() || header.link_of_us == own_link) return;
    throw Error("this link was ended here and begun anew, but " + from.name +
                " still goes by what it read before: end it there too (trompctl remove), then restart its trompd");
}

void check_nothing_overlooked(bool overlooked, const Peer& from) {
    if (!overlooked) return;
    const std::string number_used_twice = "it has changes under numbers that " + from.name + " has read for others";
    stop(from,
         "our own database went back to an earlier state (restored from a backup), or is a copy: " + number_used_twice);
}

void check_identity(const StoredState& state, const BatchHeader& header, const Peer& from) {
    const std::string there = "the database of " + from.name;
    const std::string here = "our own database";
    const std::string back = " went back to an earlier state (restored from a backup)";
    check_at_home(state.own_name, state.moved);
    check_at_home(from.name, header.moved);
    if (state.identity.incarnation != header.identity.incarnation)
        stop(from, there + " was set up anew since it was last read");
    if (state.identity.system_identifier != header.identity.system_identifier)
        stop(from, there + " is in another PostgreSQL cluster than before");
    if (state.identity.timeline != header.identity.timeline) stop(from, there + " changed its timeline");
    if (header.last_event < state.last_event || header.now.xmax < state.position->xmax) stop(from, there + back);
    if (!state.identity.link.empty() && state.identity.link != header.identity.link) {
        throw Error(from.name +
                    " ended this link and listed this node again since, and did not keep its log for us meanwhile" +
                    ": end it here too (trompctl remove " + from.name + "), then restart trompd");
    }
    check_begun_alike(state.own_link, header, from);
    const bool forgot = !state.acknowledged.empty() && header.read_of_us &&
                        !header.read_of_us->covers(Snapshot::parse(state.acknowledged));
    if (forgot) stop(from, there + back + ": it has read less of us than before");
    if (header.acknowledged && !state.position->covers(*header.acknowledged))
        stop(from, here + back + ": " + from.name + " knows that more was read from it than is recorded here");
    // Who has gone back knows less of the other than that has done since. Here neither does.
    if (!header.marks.know(state.identity.mark))
        stop(from, there + back + ", or is a copy of the one that was read before");
    if (!state.own_marks.know(header.mark_of_us)) {
        stop(from, here + back + ", or is a copy: " + from.name +
                       " has read on in another one with this node's number. (A copy that shall be a node of its own: "
                       "trompctl uninit, another `node` in its file, trompctl init)");
    }
    if (header.overlooked)
        stop(from, there + back + ", or is a copy: it has changes under numbers that were read for others");
}

}  // namespace tromp
