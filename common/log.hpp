#pragma once

#include <string>

namespace tromp {

bool is_log_level(const std::string& level);

/// Logs to stderr: with time and level, or, where stderr is the journal (JOURNAL_STREAM), with the journal's priority
/// instead. Precondition: is_log_level(level).
void start_log(const std::string& level);

void set_log_level(const std::string& level);

}  // namespace tromp
