#pragma once

#include "daemon/batch.hpp"

namespace tromp {

/// The target forgets that a table was compared when columns which one end lacked are at both now: what they held
/// before did not travel. Before the first contact.
pg::asio::awaitable<void> forget_comparisons(Flow& flow);

/// Keeps which columns one end lacks. After the first contact, before anything flows without them.
pg::asio::awaitable<void> note_lacking(Flow& flow);

}  // namespace tromp
