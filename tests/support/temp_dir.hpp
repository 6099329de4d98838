#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace tromp::test {

/// Where temporary files go: $TMPDIR, or /tmp when that is too long for a unix socket below it or closed to
/// database_user().
const std::filesystem::path& temp_root();

/// A directory of this test alone, owned by database_user(), mode 0700, its path short enough for unix sockets. It goes
/// with the object, after a failed test too. What a killed test process left behind is removed when the next one makes
/// its first TempDir: the name carries the owner's process id and start time, and no living process's directory is
/// touched.
class TempDir {
  public:
    TempDir();
    ~TempDir();
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;

    const std::filesystem::path& path() const noexcept { return path_; }
    std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

  private:
    std::filesystem::path path_;
};

/// The whole file; empty when there is none.
std::string read_file(const std::filesystem::path& file);

/// Replaces the file in one step: a reader sees the old text or the new one. Throws std::runtime_error.
void write_file(const std::filesystem::path& file, std::string_view text);

}  // namespace tromp::test
