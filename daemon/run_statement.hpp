#pragma once

#include "common/sql_text.hpp"
#include "daemon/batch.hpp"

#include <cstdint>
#include <string>

namespace tromp {

/// A schema statement in a source's log.
struct StatementId {
    int origin = 0;
    std::int64_t number = 0;
};

/// A statement as the source, or our own table, has it.
struct GivenStatement {
    StatementId id;
    SqlValues values;  ///< of statement_keep.sql, but for state and error
    std::string text;
    std::string error;  ///< why it could not be run before; empty if that was not tried
};

/// What becomes of a statement here, as replication.statements spells it.
namespace statement_state {
inline constexpr const char* done = "done";
inline constexpr const char* held = "held";        ///< somebody has to do something
inline constexpr const char* waiting = "waiting";  ///< it may pass by itself: rows come, a lock is given back
inline constexpr const char* skipped = "skipped";  ///< not wanted here
}  // namespace statement_state

struct StatementVerdict {
    std::string state;
    std::string error;  ///< why it is held or waits
    bool kept = false;  ///< it is written down
};

/// The query that writes down what became of it, and tells it on.
std::string keep_statement(const GivenStatement& given, const std::string& state, const std::string& error);

/// Runs it at the target, and writes down that it did, in one transaction, or what comes nearest to one. What the
/// database refuses is judged and not written down; what passes by itself, but for a lock, is thrown. No transaction
/// may be open there.
pg::asio::awaitable<StatementVerdict> run_statement(Flow& flow, const GivenStatement& given);

}  // namespace tromp
