#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/cluster.hpp"
#include "tests/support/node.hpp"
#include "tests/support/proxy.hpp"

namespace tromp::test {

struct TreeOptions {
    std::string schema{};            ///< SQL that every node runs before init
    NodeOptions nodes{};             ///< the configuration of every node
    Cluster::Settings settings{};    ///< of the cluster
    std::string direction = "pull";  ///< pull: both ends are linked; both: only the end with the higher number is
    bool proxied = false;            ///< every link through a proxy of its own, so that it can be cut
    bool start = true;               ///< init and start all nodes
};

/// Nodes a, b, c … (numbers 1, 2, 3 …), each with a database of its own in one cluster.
class Tree {
  public:
    /// a - b - c - …
    static Tree chain(std::size_t nodes, const TreeOptions& options = {});
    /// a in the middle, all the others around it.
    static Tree star(std::size_t nodes, const TreeOptions& options = {});

    /// 0 is a.
    Node& operator[](std::size_t index) { return *nodes_.at(index); }
    std::size_t size() const noexcept { return nodes_.size(); }
    Cluster& cluster() noexcept { return *cluster_; }
    const auto& nodes() const noexcept { return nodes_; }

    void init_all();
    void start_all();
    void stop_all();

    /// The proxy between two neighbours of a proxied tree, which both of them go through.
    Proxy& proxy(std::size_t one, std::size_t other);
    void cut(std::size_t one, std::size_t other) { proxy(one, other).cut(); }
    void heal(std::size_t one, std::size_t other) { proxy(one, other).pass(); }

    /// As many rounds of `trompctl sync --wait` at every node as the longest way has links, so that what was committed
    /// anywhere is everywhere. Fails the test when one of them does not return 0.
    void sync_all();
    /// Compares these tables row by row over all nodes; a failure shows which rows differ.
    void check_equal(const std::vector<std::string>& tables);

  private:
    using Edge = std::pair<std::size_t, std::size_t>;  // the smaller index first
    Tree(std::size_t nodes, const std::vector<Edge>& edges, std::size_t diameter, const TreeOptions& options);

    std::unique_ptr<Cluster> cluster_;
    std::map<Edge, std::unique_ptr<Proxy>> proxies_;
    std::vector<std::unique_ptr<Node>> nodes_;
    std::size_t diameter_;
};

/// The lines that only one of two texts has, at most `most` of them, each with `< ` or `> `; empty when they are equal.
std::string small_diff(const std::string& one, const std::string& other, std::size_t most = 10);

}  // namespace tromp::test
