#pragma once

#include <array>

namespace tromp::model {

/// The rules of the protocol that the model can be run without, to see that it notices.
struct Rules {
    bool whole_sides = true;            ///< sides are compared, not only their newest events
    bool side_after_their_last = true;  ///< what came before the peer's last event is no part of a side
    bool side_beyond_chunk = true;      ///< what lies beyond the chunk is, because the row is current
    bool position_is_snapshot = true;   ///< a position is a snapshot, not the last transaction read
    bool position_is_cut = true;        ///< at the last event read
    bool position_with_rows = true;     ///< it moves in the commit that changes the rows
    bool remember_ahead = true;         ///< what was taken beyond the position is remembered
    bool look_after_locks = true;       ///< our own log is looked at when the rows are locked
    bool absent_keys_alone = true;      ///< a batch with a delete for an absent key is applied while no other batch is
    bool tags_are_kept = true;          ///< when forwarded
    bool delete_before_insert = true;   ///< a delete taken without a lock goes before an insert under way
    bool recheck = true;                ///< what was inserted between look and commit is logged once more
    bool recheck_deleted = true;        ///< also where it has been deleted again
    bool recheck_strongest = true;      ///< not only the newest, also what is stronger than all later ones
    bool leaf_answers = true;           ///< a leaf drops its own events of what it takes
    bool prune_applied_only = true;     ///< an acknowledgement counts when the pull it came with is applied
    bool prune_in_order = true;         ///< no event goes while an earlier one of its key remains
    bool compact_by_strength = true;    ///< a weaker later event does not stand for an earlier one
    bool truncate_spares_rows = true;   ///< a TRUNCATE leaves what the source has in its table
    bool truncate_spares_side = true;   ///< what our own side says something about
    bool truncate_spares_later = true;  ///< what comes with a later chunk
    bool truncate_knows_ahead = true;   ///< unless it was taken ahead, for then it does not come
    bool truncate_forwarded = true;     ///< also where it found nothing to delete
    bool truncate_by_way = true;        ///< compacting: one from elsewhere does not stand for ours
    bool truncate_loser_kept = true;    ///< that a row survived our TRUNCATE is a conflict

    // Of links that begin anew: docs/resync.md.
    bool numbers_are_new = true;        ///< after a start of the server: those since its backup are given again
    bool own_past_is_checked = true;    ///< what the other end knows of us must be of our past
    bool their_past_is_checked = true;  ///< what we know of the other end must be of its past
    bool both_know_names = true;        ///< nothing is read before both ends know that the link began anew
    bool batches_are_dropped = true;    ///< what was under way when it did
    bool position_is_given_up = true;   ///< that is of a past which the source has lost
    bool position_in_common = true;     ///< what the source remembers of it is taken instead
    bool acknowledgement_is_given_up = true;
    bool their_events_are_ours = true;  ///< those that came from an end which was set back are news for it
    bool one_compares = true;           ///< not both ends
    bool logs_are_weighed = true;       ///< a comparison looks at the sides also where rows are equal
    bool compared_is_ahead = true;      ///< what it took of unread events is remembered
    bool taken_is_forwarded = true;     ///< what it took without a known event is news for the other neighbours
    bool kept_is_logged = true;         ///< what it kept without one is news for all
    bool new_tags_are_weakest = true;   ///< such news yields to every known change
    bool new_tags_are_own = true;       ///< and has a tag of its own
    bool shared_are_known = true;       ///< an event that is in both sides decides nothing
    bool choice_is_logged = true;       ///< where both sides are the same and the rows are not
    bool unknown_is_kept = true;        ///< what loses though nobody knows which was later
    bool one_sided_is_kept = true;      ///< what loses to a change whose writer may not have seen it
    bool doubt_is_kept = true;          ///< the same where the change comes before its key is compared
    bool only_whole_yield = true;       ///< who may have what nobody knows of does not count as merely behind
    bool truncate_waits = true;         ///< it is not read before the comparison is over
    bool truncate_is_a_change = true;   ///< who has one that is not read is not merely behind in what it deleted
    bool stale_begins_anew = true;      ///< when events are given up, the link has ended
};

struct Rule {
    const char* name;
    bool Rules::*on;
    bool noticed = true;
};

/// Six are not noticed. Both ends of a link see one tag even if it was changed on the way, so a tree converges all
/// the same; only what is called newer would suffer. The two of pruning guard against more than one pull under way in
/// one direction, and against a reader being sent its own row again, which changes nothing. recheck_strongest is
/// noticed once in some 500,000 histories; tests/system/recheck.test.cpp forces it. That a TRUNCATE knows what was
/// taken ahead matters where its transaction is older than that of a row which was taken with an earlier chunk;
/// tests/system/truncate.test.cpp forces it. truncate_by_way took 25,000 histories when
/// all worlds had TRUNCATEs, and was not noticed in 200,000 since; the product is held to it by
/// tests/integration/decisions.test.cpp.
inline constexpr std::array all_rules{
    Rule{"whole_sides", &Rules::whole_sides},
    Rule{"side_after_their_last", &Rules::side_after_their_last},
    Rule{"side_beyond_chunk", &Rules::side_beyond_chunk},
    Rule{"position_is_snapshot", &Rules::position_is_snapshot},
    Rule{"position_is_cut", &Rules::position_is_cut},
    Rule{"position_with_rows", &Rules::position_with_rows},
    Rule{"remember_ahead", &Rules::remember_ahead},
    Rule{"look_after_locks", &Rules::look_after_locks},
    Rule{"absent_keys_alone", &Rules::absent_keys_alone},
    Rule{"tags_are_kept", &Rules::tags_are_kept, false},
    Rule{"delete_before_insert", &Rules::delete_before_insert},
    Rule{"recheck", &Rules::recheck},
    Rule{"recheck_deleted", &Rules::recheck_deleted},
    Rule{"leaf_answers", &Rules::leaf_answers},
    Rule{"prune_applied_only", &Rules::prune_applied_only, false},
    Rule{"prune_in_order", &Rules::prune_in_order, false},
    Rule{"compact_by_strength", &Rules::compact_by_strength},
    Rule{"recheck_strongest", &Rules::recheck_strongest, false},
    Rule{"truncate_spares_rows", &Rules::truncate_spares_rows},
    Rule{"truncate_spares_side", &Rules::truncate_spares_side},
    Rule{"truncate_spares_later", &Rules::truncate_spares_later},
    Rule{"truncate_knows_ahead", &Rules::truncate_knows_ahead, false},
    Rule{"truncate_forwarded", &Rules::truncate_forwarded},
    Rule{"truncate_by_way", &Rules::truncate_by_way, false},
    Rule{"truncate_loser_kept", &Rules::truncate_loser_kept},
};

/// Those of links that begin anew. Four are not noticed, and the histories end well without them: they are there so
/// that less is lost to a change which it was made upon (and kept as a loser, which is all that the verdict asks for).
/// position_in_common: else all that is in the log of a node that went back counts as unread, and the rows of its
/// backlog win over newer ones. compared_is_ahead: else what a comparison took meets its own successors as a conflict.
/// new_tags_are_weakest: a change that nobody made should not win over one that somebody made.
/// acknowledgement_is_given_up matters after two restores, one of them between the greetings of the two ends: the
/// acknowledgement of a lost history would be taken for a common past.
inline constexpr std::array upheaval_rules{
    Rule{"own_past_is_checked", &Rules::own_past_is_checked},
    Rule{"their_past_is_checked", &Rules::their_past_is_checked},
    Rule{"both_know_names", &Rules::both_know_names},
    Rule{"batches_are_dropped", &Rules::batches_are_dropped},
    Rule{"position_is_given_up", &Rules::position_is_given_up},
    Rule{"position_in_common", &Rules::position_in_common, false},
    Rule{"acknowledgement_is_given_up", &Rules::acknowledgement_is_given_up, false},
    Rule{"one_compares", &Rules::one_compares},
    Rule{"logs_are_weighed", &Rules::logs_are_weighed},
    Rule{"compared_is_ahead", &Rules::compared_is_ahead, false},
    Rule{"taken_is_forwarded", &Rules::taken_is_forwarded},
    Rule{"kept_is_logged", &Rules::kept_is_logged},
    Rule{"new_tags_are_weakest", &Rules::new_tags_are_weakest, false},
    Rule{"new_tags_are_own", &Rules::new_tags_are_own},
    Rule{"shared_are_known", &Rules::shared_are_known},
    Rule{"unknown_is_kept", &Rules::unknown_is_kept},
    Rule{"one_sided_is_kept", &Rules::one_sided_is_kept},
    Rule{"doubt_is_kept", &Rules::doubt_is_kept},
    Rule{"only_whole_yield", &Rules::only_whole_yield},
    Rule{"truncate_waits", &Rules::truncate_waits},
    Rule{"truncate_is_a_change", &Rules::truncate_is_a_change},
    Rule{"stale_begins_anew", &Rules::stale_begins_anew},
};

/// Noticed once in hundreds of thousands of histories; these are some of them.
struct RareRule {
    const char* name;
    bool Rules::*on;
    int resolver;
    int history;
};
inline constexpr std::array rare_rules{
    RareRule{"numbers_are_new", &Rules::numbers_are_new, 2, 703401},
    RareRule{"their_events_are_ours", &Rules::their_events_are_ours, 0, 713365},
    RareRule{"choice_is_logged", &Rules::choice_is_logged, 3, 150893},
};

}  // namespace tromp::model
