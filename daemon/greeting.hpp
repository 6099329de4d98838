#pragma once

#include "daemon/batch.hpp"
#include "daemon/identity.hpp"

namespace tromp {

/// The next step of an end towards reading under names that both ends know; docs/resync.md, "Beginning".
enum class GreetingStep {
    begin_anew,  ///< take another name; nothing that was known of the other end counts
    learn,       ///< note the other end's name, and decide about the position
    wait,        ///< the other end goes by an older name of ours, which it gives up as soon as it looks
    use,         ///< read, for the first time under these names
    read,
};

struct Greeting {
    GreetingStep step = GreetingStep::read;
    bool keeps_position = true;   ///< of `learn`: the source has not lost what was read
    bool in_common = false;       ///< of `learn`, where it has: what it remembers to have been read counts
    bool behind = false;          ///< of `begin_anew` and `learn`: what we lack a word about, the other end has had
    bool takes_new_name = false;  ///< of `learn`: the name that we have was used
    bool compares = false;        ///< of `learn`: this end does, if it is to be made equal with the other one
    bool whole_again = false;     ///< of `use` and `read`: the other end has done comparing
    std::string because;          ///< of `begin_anew`
};

/// Of two ends one compares: the one that is merely behind; where none or both are, the one with the lower number.
bool is_comparing_end(int node, bool behind, int other, bool other_behind);

/// What the target does next, by what its database and the source's say of the link.
Greeting greet(const StoredState& own, const BatchHeader& theirs, const LostPast& lost, const Peer& from, int reader);

/// May a batch be read, after it was begun, by these names? If not, the ends must meet again.
bool is_agreed(const StoredState& own, const BatchHeader& theirs, const LostPast& lost, const Peer& from, int reader);

/// Has the target looked at the source, and does what is to be done, until it may read. Returns an empty text then;
/// otherwise what it waits for. The flow's pairs are the tables that are to be made equal, where that is asked for.
pg::asio::awaitable<std::string> greet(Flow& flow);

}  // namespace tromp
