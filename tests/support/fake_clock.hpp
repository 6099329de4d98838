#pragma once

#include <chrono>
#include <map>
#include <string>

#include "tests/support/temp_dir.hpp"

namespace tromp::test {

/// A clock of its own for a Cluster: Cluster c({}, clock.environment()). The server's processes see the real time plus
/// an offset that can be changed while they run; their monotonic clock stays the real one. Needs the package faketime;
/// throws std::runtime_error without it.
class FakeClock {
  public:
    FakeClock();

    /// The environment of the processes that go by this clock.
    std::map<std::string, std::string> environment() const;

    /// From now on the clock is so much ahead of the real one; negative: behind it. In force when this returns.
    void set(std::chrono::seconds ahead);

  private:
    TempDir dir_;
    std::string offset_;  ///< a file
    std::string library_;
};

}  // namespace tromp::test
