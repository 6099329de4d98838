#pragma once

#include "tests/support/process.hpp"

namespace tromp::test {

/// The most memory that a process ever held, in kB, from /proc.
long long peak_memory(const Process& process);

}  // namespace tromp::test
