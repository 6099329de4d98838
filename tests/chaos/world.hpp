#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/chaos/history.hpp"
#include "tests/chaos/plan.hpp"
#include "tests/chaos/small_disk.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/node.hpp"

namespace tromp::test {

/// A cluster of a plan, with what can go wrong in it.
struct ChaosCluster {
    std::unique_ptr<SmallDisk> disk;   ///< where the tables are; none unless the plan says so and it is possible
    std::unique_ptr<FakeClock> clock;  ///< none unless the plan says so and it is possible
    std::unique_ptr<Cluster> cluster;
};

/// A link of a plan; each end is reached through a proxy.
struct ChaosLink {
    std::unique_ptr<Proxy> to_one;
    std::unique_ptr<Proxy> to_other;
};

/// The nodes of a plan, initialised, with their daemons running.
class World {
  public:
    explicit World(const Plan& plan);

    const Plan& plan() const { return plan_; }
    std::vector<std::unique_ptr<Node>>& nodes() { return nodes_; }
    std::vector<ChaosCluster>& clusters() { return clusters_; }
    std::vector<ChaosLink>& links() { return links_; }

    /// Ends the transactions that a writer prepared and left, as their names say.
    void end_prepared();
    /// `trompctl sync --wait` everywhere, as often as the tree needs. Empty when all went well, else what did not.
    std::string quiesce();
    /// What a node holds now.
    NodeState state(Node& node);
    /// How many rows have been held at any time, over all nodes.
    std::size_t held_in_all();
    /// For whoever looks into a failure: logs, conflicts and ledgers, a file each, into a directory that is there.
    void keep(const std::filesystem::path& dir);

  private:
    void make_clusters();
    void make_nodes();
    void make_links();

    const Plan& plan_;
    std::vector<ChaosCluster> clusters_;
    std::vector<ChaosLink> links_;
    std::vector<std::unique_ptr<Node>> nodes_;
};

/// Empty where clocks can be shifted, else why not.
const std::string& clock_obstacle();

}  // namespace tromp::test
