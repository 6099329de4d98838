#pragma once

#include <boost/asio/awaitable.hpp>

#include <string>

#include "common/connection.hpp"

namespace tromp {

/// The transaction in which the schema or the set of captured tables changes. Two of them never run at once. Left
/// without commit(), throw the connection away: the server rolls back.
class InstallTransaction {
  public:
    /// Throws pg::SqlError when another one does not end soon.
    static boost::asio::awaitable<InstallTransaction> begin(pg::Connection& connection);

    /// Runs a step. A refusal is told as "cannot WHAT: …", with what to do about a lock.
    boost::asio::awaitable<pg::Result> run(std::string sql, std::string what);
    boost::asio::awaitable<void> commit();

    pg::Connection& connection() { return connection_; }

  private:
    explicit InstallTransaction(pg::Connection& connection) : connection_(connection) {}

    pg::Connection& connection_;
};

}  // namespace tromp
