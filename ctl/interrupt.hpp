#pragma once

#include <boost/asio/awaitable.hpp>

#include <string>

#include "common/error.hpp"

namespace tromp::ctl {

/// Runs `work` until it ends, or until the user presses Ctrl-C: then it is given up where it is, and Error with
/// Exit::interrupted and these words is thrown. They say what was done by then, and what becomes of it.
boost::asio::awaitable<Exit> unless_interrupted(boost::asio::awaitable<Exit> work, std::string words);

}  // namespace tromp::ctl
