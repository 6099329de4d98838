#pragma once

#include "daemon/run_statement.hpp"

#include <string>
#include <vector>

namespace tromp {

/// Those of `statements`, a JSON array of [origin, number] as a pull's header has it, that the target does not have, in
/// their order.
pg::asio::awaitable<std::vector<StatementId>> unknown_statements(pg::Connection& target, const std::string& statements);

/// Runs them at the target, each with its place in our log in a transaction of its own. Where the schema here is not
/// what a statement needs, it counts as run if we have the same one by another way; it waits if rows may have to come
/// first; otherwise it is held, and so are its tables, until it can be run or somebody discards it. Whatever becomes of
/// it here, it is told on. No transaction may be open at either end.
pg::asio::awaitable<void> run_statements(Flow& flow, const std::vector<StatementId>& statements);

/// Tries the statements again that were not run yet. Returns how many are left.
pg::asio::awaitable<std::size_t> retry_statements(Flow& flow);

/// A link that is about to start first runs what was stated at the source before. Its ends may have been made equal by
/// people since: what contradicts the schema here counts as run.
pg::asio::awaitable<void> run_statements_before(Flow& flow);

/// A table that was changed here, and that the source changes as soon as it has read the statement, may have columns of
/// the same names with other meanings until then. So while a statement of the target's log about it is not read by the
/// source, it becomes a misfit.
pg::asio::awaitable<void> hold_until_read(Flow& flow, std::vector<Misfit>& misfits);

/// The tables that wait for a statement become misfits, and those that are told why.
pg::asio::awaitable<void> hold_for_statements(Flow& flow, std::vector<Misfit>& misfits);

}  // namespace tromp
