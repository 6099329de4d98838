#pragma once

#include <boost/asio/awaitable.hpp>

#include <string>
#include <vector>

#include "common/config.hpp"
#include "common/connection.hpp"

/// Schema `replication` in a node's own database: made, upgraded, checked. Whatever throws here leaves the connection
/// in a transaction that failed: throw it away, and the server rolls everything back.
namespace tromp {

struct RefusedTable {
    std::string table;  ///< as qualified_name() spells it
    std::string reason;
};

struct CaptureReport {
    std::vector<std::string> added;
    std::vector<std::string> renewed;  ///< were captured before
    std::vector<RefusedTable> refused;
    std::vector<std::string> sequences;  ///< given this node's share now; those that had it are not among them
};

struct InstallReport {
    int old_version{};  ///< of the schema; 0: there was none
    int new_version{};
    std::string moved;  ///< where the database was and is, if it was moved since: all its links begin anew then
    CaptureReport tables;
    std::vector<std::string> awaited;    ///< tables of `large_objects` that are not there yet
    std::vector<std::string> unmatched;  ///< captured tables that no pattern matches any more; they stay captured
    bool sees_statements{};  ///< DDL that is given directly goes to the others, where `ddl.capture` wants it
    std::vector<std::string>
        unlisted_nodes;  ///< neighbours that the file no longer has; the log is still kept for them
};

/// The schema's version that this program makes and needs.
int schema_version();

/// Creates or upgrades the schema, writes this node and its neighbours into it, captures the tables of the
/// configuration and partitions their sequences: in one transaction, so all of it or nothing. Again is harmless. Tables
/// that cannot be captured are in the report. Throws Error when the database belongs to another node, to a newer
/// program, or may not be changed.
boost::asio::awaitable<InstallReport> install(pg::Connection& connection, const Config& config);

/// Asks for number and name of the neighbours that the database has and the configuration does not list.
std::string query_unlisted_nodes(const Config& config);

/// Captures what `pattern` means, also in future, in a transaction of its own. Precondition: require_initialised().
boost::asio::awaitable<CaptureReport> add_tables(pg::Connection& connection, const Config& config,
                                                 const std::string& pattern);

/// Gives this node its share of every sequence, of `max_nodes` shares; returns the sequences that were changed. Throws
/// Error unless it is a multiple of the number there was. Precondition: require_initialised().
boost::asio::awaitable<std::vector<std::string>> widen_sequences(pg::Connection& connection, int max_nodes);

/// Throws Error, saying what to do, unless the database was initialised for this node by a program of this version.
boost::asio::awaitable<void> require_initialised(pg::Connection& connection, const Config& config);

}  // namespace tromp
