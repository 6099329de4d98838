#pragma once

#include "common/connection.hpp"
#include "daemon/block_keeper.hpp"
#include "daemon/stage.hpp"

namespace tromp {

/// Large objects. A row that changed brings its object as another one of this database, made before any row is locked,
/// so that nobody waits for its transfer, and whatever decides about the row decides about the object. Of the object
/// only those blocks travel that the one which the row has here does not have, and those that came before the link was
/// cut do not come again.

/// An object, or a block of it, was found equal to the one here, but its row was changed before it was locked, or both
/// have to be kept. The batch has to be taken again, with all objects made anew.
class ObjectsOvertaken : public Error {
  public:
    ObjectsOvertaken() : Error("large objects were changed while they were compared") {}
};

/// Do any of the staged tables have large objects?
bool any_objects(const TablePairs& pairs, const Staged& staged);

struct ObjectsOf {
    int source = 0;  ///< the node
    bool anew =
        false;  ///< make also those anew that are equal here, and rely on nothing here but what is copied at once
};

/// Finds out which blocks of the staged rows' objects are not here, and fetches them, while the pull is open. To be
/// called after begin_decisions().
pg::asio::awaitable<void> stage_objects(Pull& pull, pg::Connection& target, const TablePairs& pairs,
                                        const Staged& staged, ObjectsOf of, const BlockKeeper& keeper);

/// Then makes the objects, which needs the source no more; the staged rows have this node's numbers after it. Throws
/// ObjectsOvertaken.
pg::asio::awaitable<void> make_objects(pg::Connection& target, const TablePairs& pairs, const Staged& staged,
                                       ObjectsOf of);

/// Notes which objects the rows of the batch have, when they are locked and looked at. Throws ObjectsOvertaken.
pg::asio::awaitable<void> note_objects(pg::Connection& target, const TablePairs& pairs, const Staged& staged);

/// When all is settled, and the conflicts are recorded: removes the objects that no row has any more. Throws
/// ObjectsOvertaken.
pg::asio::awaitable<void> release_objects(pg::Connection& target, const TablePairs& pairs, const Staged& staged);

}  // namespace tromp
