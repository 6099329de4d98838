#pragma once

#include "common/install.hpp"
#include "common/install_transaction.hpp"

namespace tromp {

/// The part of an installation that captures the tables which `patterns` mean, by the rules of the configuration, and
/// gives their sequences this node's share. Precondition: the patterns are among those of the database.
boost::asio::awaitable<CaptureReport> capture_tables(InstallTransaction& transaction, const Config& config,
                                                     const std::vector<std::string>& patterns);

}  // namespace tromp
