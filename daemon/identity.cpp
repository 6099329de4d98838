#include "daemon/identity.hpp"

namespace tromp {
namespace {

[[noreturn]] void stop(const Peer& from, const std::string& what) {
    throw Error(what + ": changes may be missing, so nothing is read from " + from.name +
                " until the two databases are compared (trompctl join " + from.name + ")");
}

}  // namespace

void check_identity(const StoredState& state, const BatchHeader& header, const Peer& from) {
    const std::string there = "the database of " + from.name;
    if (state.identity.incarnation != header.identity.incarnation)
        stop(from, there + " was set up anew since it was last read");
    if (state.identity.system_identifier != header.identity.system_identifier) {
        stop(from, there + " is in another PostgreSQL cluster than before (dumped and restored, or upgraded)");
    }
    if (state.identity.timeline != header.identity.timeline) {
        stop(from, there + " changed its timeline from " + state.identity.timeline + " to " + header.identity.timeline +
                       " (it was restored, or a standby was promoted)");
    }
    if (header.last_event < state.last_event || header.now.xmax < state.position->xmax)
        stop(from, there + " went back to an earlier state (restored from a backup)");
    if (!state.identity.link.empty() && state.identity.link != header.identity.link) {
        throw Error(from.name +
                    " ended this link and listed this node again since, and did not keep its log for us meanwhile" +
                    ": end it here too (trompctl remove " + from.name + "), then restart trompd");
    }
    const bool forgot = !state.acknowledged.empty() && header.read_of_us &&
                        !header.read_of_us->covers(Snapshot::parse(state.acknowledged));
    if (forgot)
        stop(from,
             there + " went back to an earlier state (restored from a backup): it has read less of us than before");
    if (header.acknowledged && !state.position->covers(*header.acknowledged)) {
        stop(from, "our own database went back to an earlier state (restored from a backup): " + from.name +
                       " knows that more was read from it than is recorded here");
    }
}

}  // namespace tromp
