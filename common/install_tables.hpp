#pragma once

#include "common/install.hpp"
#include "common/install_transaction.hpp"

namespace tromp {

/// The part of an installation that captures the tables which `patterns` match, by the rules of the configuration, and
/// gives their sequences this node's share.
boost::asio::awaitable<CaptureReport> capture_tables(InstallTransaction& transaction, const Config& config,
                                                     const std::vector<std::string>& patterns);

}  // namespace tromp
