#pragma once

#include <filesystem>
#include <string>

#include "tests/support/temp_dir.hpp"

namespace tromp::test {

/// A file system of its own in memory, small enough to be filled, for a tablespace. It is mounted where only this
/// process and its children see it, so it goes with them.
class SmallDisk {
  public:
    /// Empty where mounting is allowed, else why not. To be asked first, before the process has more than one thread.
    static const std::string& obstacle();

    SmallDisk();
    ~SmallDisk();
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;

    /// The directory, owned by database_user().
    std::filesystem::path path() const { return mount_ / "tablespace"; }
    /// To the last byte.
    void fill();
    void empty();

  private:
    TempDir dir_;
    std::filesystem::path mount_;
};

}  // namespace tromp::test
