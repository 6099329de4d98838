#pragma once

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>

#include "common/connection.hpp"

namespace tromp::ctl {

/// A recorded conflict, with what it takes to write SQL about the row that lost. Where a row has no parent any more
/// that is the parent.
struct Conflict {
    std::string id;
    std::string type;
    std::string schema;
    std::string table;
    std::string key;                         ///< jsonb array
    std::optional<std::string> row;          ///< what lost, as jsonb; none: a delete
    std::optional<std::string> restored_at;  ///< for people
    std::optional<std::string> key_columns;  ///< quoted list; none: the table is not replicated any more
    std::string key_object;                  ///< the key as a jsonb object
    std::string present_key;                 ///< `key_columns` of the row `present`
    bool key_fits{};                         ///< the table's key has as many columns as it had
    std::string image;                       ///< SQL for the image of a row called present
    std::string row_columns;                 ///< quoted list of those of `row` that can be written
    std::string assignments;                 ///< the same, those that can be changed; empty: there are none

    bool is_orphan() const { return type == "foreign_key_violation"; }

    /// Throws Error when there is none of that ID. Precondition: `id` is a number.
    static boost::asio::awaitable<Conflict> read(pg::Connection& connection, std::string id);
};

/// The row that the table has now, as jsonb.
boost::asio::awaitable<std::optional<std::string>> present_row(pg::Connection& connection, const Conflict& conflict);

/// Makes what lost a new change, as a user's statement would: all or nothing. Throws Error when it was restored before,
/// or when the table does not take it. Throw the connection away after that.
boost::asio::awaitable<void> restore_conflict(pg::Connection& connection, const Conflict& conflict);

}  // namespace tromp::ctl
