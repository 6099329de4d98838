#pragma once

#include "tests/model/node.hpp"

namespace tromp::model {

/// What a comparison makes of a key, when its row is locked and its sides are known.
enum class Difference : char {
    none,      ///< nothing is to be done but what the logs say
    kept,      ///< our row stays: we log a change of it that has no writer
    left,      ///< our row stays, for its change is in our log: the other end will take it
    taken,     ///< its row is taken, with the changes in its log
    replaced,  ///< its row is taken, as a change that has no writer
};

/// Reads the next keys, up to `count`, to compare them. False where there is nothing to compare or no time for it.
bool compare(Node& reader, const Node& source, const Rules& rules, std::size_t count);

/// The steps below belong to look() and apply().

/// What both ends say of the link at the instant of a pull.
void note_bonds(Batch& batch, const Node& reader, const Node& source);
/// So that it can be decided about as any other.
Batch::Item with_no_steps(const Batch::Item& item);
void look_for_differences(Incoming& incoming, Node& reader, int source, const Rules& rules);
/// Logs and keeps what look_for_differences found for the item; its rows are not changed yet.
void note_difference(const Incoming& incoming, std::size_t item, Node& reader, int source, const Rules& rules,
                     Ledger& ledger);
void advance_comparison(Bond& bond, std::size_t to, std::size_t keys);

/// An event that is in both sides is known to both, and decides nothing.
Meeting weigh_the_rest(const Batch::Item& item, const Image& here, const Node& reader, int source,
                       const Snapshot& read_of_us, Decision& decision);
/// Our row, or its absence, stays, and the source's events are logged all the same.
bool logs_what_stays(const Incoming& incoming, std::size_t item);
/// What is in both sides is logged as known to the source, and once more what only ours has.
void log_shared(const Incoming& incoming, std::size_t item, Node& reader, int source, const Rules& rules);
/// Where all of both sides is known to both, and the rows differed: the other end is told which one it is now.
void log_choice(const Incoming& incoming, std::size_t item, Node& reader, const Rules& rules);

bool is_same(const Image& one, const Image& other);
/// Is what lies here overwritten by a change whose writer may not have seen it?
bool is_in_doubt(const Batch::Item& item, const Decision& decision, const Image& here, const Batch& batch);
/// What lies here was known to the source: the reader is merely behind. Not where a TRUNCATE is still to be read.
bool is_answered(const Batch& batch, const Image& here, const Node& reader, int source, const Rules& rules);

}  // namespace tromp::model
