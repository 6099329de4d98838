#pragma once

#include <string>
#include <string_view>

namespace tromp {

/// Somebody else was in the way and trying again is all there is to do: a lock not had in time, a deadlock, a
/// serialization failure (PostgreSQL's manual, appendix A: classes 40 and 55P03).
bool is_contention(std::string_view sqlstate);

/// Passes by itself: the server is starting, stopping, full, out of connections, or ended our session (classes 08, 53,
/// 57, 58 and contention). Any other error comes back until somebody does something about it.
bool is_transient(std::string_view sqlstate);

/// What to do about an error that users can mend, to be put behind the server's message; empty if there is nothing to
/// say.
std::string advice(std::string_view sqlstate);

}  // namespace tromp
