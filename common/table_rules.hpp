#pragma once

#include <boost/asio/awaitable.hpp>

#include <string>

#include "common/config.hpp"
#include "common/install_transaction.hpp"

/// What the configuration says of tables, as the database has it: which are replicated, and by which rules. What a
/// pattern means is decided there (sql/capture/patterns.sql).
namespace tromp {

/// Puts `tables` of the configuration in place of what the database has.
boost::asio::awaitable<void> write_patterns(InstallTransaction& transaction, const Config& config);

/// Adds one pattern. Throws Error where it is none.
boost::asio::awaitable<void> add_pattern(InstallTransaction& transaction, const std::string& pattern);

/// When its tables were captured: takes the pattern out again where it says nothing new.
boost::asio::awaitable<void> settle_pattern(InstallTransaction& transaction, const std::string& pattern);

/// From now on no pattern means this table.
boost::asio::awaitable<void> exclude_table(InstallTransaction& transaction, const std::string& schema,
                                           const std::string& table);

/// Puts `conflicts` and `large_objects` in place of what the database has. They hold for tables that are captured from
/// now on.
boost::asio::awaitable<void> write_rules(InstallTransaction& transaction, const Config& config);

/// Where `tables`, `conflicts` or `large_objects` of the database are not those of the file, the file's take their
/// place. Returns what differed, in words; empty where nothing did. Tables stay captured, or not, and by the rules that
/// they have, as they are.
boost::asio::awaitable<std::string> take_over_tables(pg::Connection& connection, const Config& config);

}  // namespace tromp
