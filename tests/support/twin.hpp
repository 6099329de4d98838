#pragma once

#include <string>

#include "tests/support/cluster.hpp"
#include "tests/support/port.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temp_dir.hpp"

namespace tromp::test {

/// A second server that runs from a copy of a cluster's files, beside it, with an address of its own. It goes with the
/// object. What fails throws std::runtime_error.
class Twin {
  public:
    enum class Kind {
        copy,     ///< the files are copied while the cluster is stopped for a moment; nothing tells the two apart
        standby,  ///< streams from the cluster until it is promoted
    };
    Twin(Cluster& original, Kind kind);
    /// Ends it as PostgreSQL's fast shutdown does: an orderly one would wait for the sessions of the daemons.
    ~Twin();
    Twin(const Twin&) = delete;
    Twin& operator=(const Twin&) = delete;

    std::string conninfo(const std::string& database) const;

    /// From now on every commit at the cluster waits until the standby has it.
    void make_synchronous();
    /// The standby gets nothing more from the cluster, as if their connection had gone.
    void stop_receiving();
    /// Returns when it can be written to.
    void promote();

  private:
    void copy_files(Kind kind);
    void start();
    bool accepts() const;

    Cluster& original_;
    TempDir dir_;
    ReservedPort port_;
    std::unique_ptr<Process> server_;
};

}  // namespace tromp::test
