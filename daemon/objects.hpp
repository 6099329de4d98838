#pragma once

#include "common/connection.hpp"
#include "daemon/stage.hpp"

namespace tromp {

/// Large objects. A row that changed brings its object as another one of this database, made before any row is locked,
/// so that nobody waits for its transfer, and whatever decides about the row decides about the object. Of the object
/// only those blocks travel that the one which the row has here does not have.

/// An object was found equal to the one here, but its row was changed before it was locked, or both have to be kept.
/// The batch has to be taken again, with all objects made anew.
class ObjectsOvertaken : public Error {
  public:
    ObjectsOvertaken() : Error("large objects were changed while they were compared") {}
};

/// Do any of the staged tables have large objects?
bool any_objects(const TablePairs& pairs, const Staged& staged);

/// Brings the objects of the staged rows here, while the pull is open; the staged rows then have this node's numbers.
/// To be called after begin_decisions(). `anew`: also those that are equal here.
pg::asio::awaitable<void> stage_objects(Pull& pull, pg::Connection& target, const TablePairs& pairs,
                                        const Staged& staged, bool anew, int source);

/// Notes which objects the rows of the batch have, when they are locked and looked at. Throws ObjectsOvertaken.
pg::asio::awaitable<void> note_objects(pg::Connection& target, const TablePairs& pairs, const Staged& staged);

/// When all is settled, and the conflicts are recorded: removes the objects that no row has any more. Throws
/// ObjectsOvertaken.
pg::asio::awaitable<void> release_objects(pg::Connection& target, const TablePairs& pairs, const Staged& staged);

/// SQL for what stands for the content of the large object that `column` of the row `t` refers to.
std::string object_digest(const std::string& column);

}  // namespace tromp
