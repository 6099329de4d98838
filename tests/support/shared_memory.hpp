#pragma once

#include <filesystem>

namespace tromp::test {

/// Removes the System V segment that a server killed with SIGKILL leaves behind, going by the postmaster.pid in `data`.
/// No effect when there is no such file, when the segment is another one by now, or when somebody is attached to it.
void remove_shared_memory(const std::filesystem::path& data) noexcept;

}  // namespace tromp::test
