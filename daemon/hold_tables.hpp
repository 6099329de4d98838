#pragma once

#include "daemon/batch.hpp"

namespace tromp {

/// Holds the tables that do not fit: their changes wait at the source, while those of the others go on. A held table
/// that fits again catches up with the others by itself, see replicate_batch(). `there` are the numbers of all
/// replicated tables of the source. The link must have its position.
pg::asio::awaitable<void> hold_tables(Flow& flow, const std::vector<Misfit>& misfits, const std::vector<int>& there);

}  // namespace tromp
