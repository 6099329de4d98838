#pragma once

#include "daemon/batch.hpp"

namespace tromp {

/// A column that one end lacks may be about to come there: while a statement of the target's log about the table is not
/// read by the source, the table becomes a misfit.
pg::asio::awaitable<void> set_half_changed_aside(Flow& flow, std::vector<Misfit>& misfits);

/// The target forgets that a table was compared when columns which one end lacked are at both now: what they held
/// before did not travel. Before the first contact.
pg::asio::awaitable<void> forget_comparisons(Flow& flow);

/// Keeps which columns one end lacks. After the first contact, before anything flows without them.
pg::asio::awaitable<void> note_lacking(Flow& flow);

}  // namespace tromp
