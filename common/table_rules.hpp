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

/// Puts `conflicts` and `large_objects` in place of what the database has. They hold for tables that are captured from
/// now on.
boost::asio::awaitable<void> write_rules(InstallTransaction& transaction, const Config& config);

}  // namespace tromp
