#pragma once

#include <optional>
#include <string>

#include "common/connection.hpp"
#include "common/sql_text.hpp"
#include "common/table_pattern.hpp"
#include "ctl/arguments.hpp"

namespace tromp::ctl {

/// Which conflicts a list is about: `--table T` (a name or pattern), `--type TYPE`, `--since WHEN`, `--until WHEN`,
/// where WHEN is a duration (so long ago) or a time (UTC unless it says otherwise).
class ConflictFilter {
  public:
    /// Takes its options. Throws Error with Exit::usage for a value that means nothing.
    explicit ConflictFilter(Arguments& arguments);

    /// The values of sql::conflicts_list. Throws Error with Exit::usage when no table is meant, or for a time that the
    /// server does not understand.
    boost::asio::awaitable<SqlValues> values(pg::Connection& connection) const;

  private:
    std::optional<TablePattern> table_;
    std::string table_text_;
    std::string type_;
    std::string since_;  ///< SQL
    std::string until_;  ///< SQL
};

}  // namespace tromp::ctl
