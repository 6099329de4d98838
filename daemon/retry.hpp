#pragma once

#include <exception>
#include <optional>
#include <string>
#include <string_view>

namespace tromp {

/// Somebody else was in the way and trying again is all there is to do: a lock not had in time, a deadlock, a
/// serialization failure (PostgreSQL's manual, appendix A: classes 40 and 55P03).
bool is_contention(std::string_view sqlstate);

/// Passes by itself: the server is starting, stopping, full, out of connections, or ended our session (classes 08, 53,
/// 57, 58 and contention). Any other error comes back until somebody does something about it.
bool is_transient(std::string_view sqlstate);

/// Rows may be what a schema statement lacks: a value that must not be null, or must be unique, or must have a parent
/// (class 23).
bool needs_rows(std::string_view sqlstate);

/// The schema is not what a schema statement needs: something is there already, or not there.
bool is_contradiction(std::string_view sqlstate);

/// What to do about an error that users can mend, to be put behind the server's message; empty if there is nothing to
/// say.
std::string advice(std::string_view sqlstate);

/// Why a coroutine ended, for the log; nothing when it was cancelled.
std::optional<std::string> why(const std::exception_ptr& error);

}  // namespace tromp
