#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/temp_dir.hpp"

namespace tromp::test {

/// The fault points of a daemon built with TROMP_FAULT_POINTS and started with TROMP_FAULT_DIR = dir(): on reaching the
/// point NAME it looks for the file DIR/NAME and does what that says. Of a point that every link comes to, NAME.NODE is
/// the one of the link with that neighbour.
class Faults {
  public:
    enum class Action {
        kill,   ///< creates DIR/NAME.reached, then SIGKILL for itself
        error,  ///< creates DIR/NAME.reached, then throws as if the connection had failed
        pause,  ///< creates DIR/NAME.reached and waits until DIR/NAME is gone
    };

    const std::filesystem::path& dir() const noexcept { return dir_.path(); }

    void arm(const std::string& name, Action action);
    /// Fails the test when the daemon does not come there in time.
    void wait_reached(const std::string& name) const;
    bool is_reached(const std::string& name) const;
    /// Lets a paused daemon go on, and disarms the point.
    void release(const std::string& name);
    /// What the daemon's name server says of a host from now on.
    void set_addresses(const std::string& host, const std::vector<std::string>& addresses);
    /// release() for all of them.
    void clear();

  private:
    TempDir dir_;
};

}  // namespace tromp::test
