#pragma once

#include "common/connection.hpp"

#include <functional>
#include <memory>

namespace tromp {

/// Keeps blocks of large objects that do not come in one piece, outside the batch's transaction, so that a link that is
/// cut in the middle goes on where it was.
struct BlockKeeper {
    std::function<pg::asio::awaitable<std::unique_ptr<pg::Connection>>()> open;  ///< another session of the target
    std::function<void()> kept;  ///< called whenever some of them will not have to come again
};

}  // namespace tromp
