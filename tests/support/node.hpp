#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/cluster.hpp"
#include "tests/support/database.hpp"
#include "tests/support/faults.hpp"
#include "tests/support/process.hpp"
#include "tests/support/proxy.hpp"

namespace tromp::test {

/// What a node's configuration says; the texts are YAML as they go into the file.
struct NodeOptions {
    std::string tables = "[public.*]";
    int max_nodes = 10;
    std::string poll_interval = "1s";
    std::string retry = "{first: 50ms, max: 500ms}";
    std::string log_level = "debug";
    std::string ddl = "{capture: false}";  ///< most tests give each node the schema that they want it to have
    std::string extra{};  ///< more top-level keys, which replace these, as "conflicts:\n  default: strongest\n"
    std::map<std::string, std::string> environment{};  ///< of trompd and trompctl
};

/// How a node knows a neighbour.
struct LinkOptions {
    const Proxy* via = nullptr;      ///< reach it through this proxy to its cluster; default: the unix socket
    std::string direction = "pull";  ///< or "both"
    bool database = true;            ///< false: never connected to, it comes to us
    std::string extra{};             ///< more keys of the neighbour, as "poll_interval: 5m\n"; they replace the node's
    std::string conninfo{};          ///< how to reach it, in so many words; empty: as `via` says
};

/// A node of a tree: a database of its own, a configuration file, a trompd. The destructor ends the daemon; the
/// database goes with the cluster, which has to outlive the node.
class Node {
  public:
    /// Creates the database `name`, empty. No daemon yet.
    Node(Cluster& cluster, int number, std::string name, NodeOptions options = {});

    int number() const noexcept { return number_; }
    const std::string& name() const noexcept { return name_; }
    Cluster& cluster() noexcept { return cluster_; }
    /// Changes are in the file at the next write_config() or link(), and in force after restart() or reload().
    NodeOptions& options() noexcept { return options_; }
    /// Armed points work in the daemon and in trompctl.
    Faults& faults() noexcept { return faults_; }
    std::filesystem::path config() const { return dir_ / "trompd.yaml"; }

    /// A session of the node's database that stays open; a new one when the last one was lost.
    Database& sql();
    std::string conninfo() const { return cluster_.conninfo(name_); }

    /// Makes `other` a neighbour of this node (not this node one of the other), or replaces how it is reached.
    void link(const Node& other, const LinkOptions& options = {});
    void unlink(const Node& other);
    void write_config() const;

    Output init() { return ctl({"init"}); }
    void init_ok();

    /// Starts the daemon and waits until its control socket answers; launch() does not wait.
    void start();
    void launch();
    /// SIGTERM; the test fails unless it ends with 0 within five seconds.
    void stop();
    /// SIGKILL.
    void kill();
    /// As SIGSTOP; no effect when no daemon runs.
    void signal(int signal);
    void restart();
    /// SIGHUP.
    void reload();
    bool is_running() const { return daemon_ && daemon_->is_running(); }
    /// How it ended by itself, as after a fault point; nothing at the deadline or when it was never started.
    std::optional<ExitStatus> wait_exit(std::chrono::milliseconds deadline);
    /// Everything the daemon has said, over all its starts.
    std::string log() const;

    /// trompctl --config FILE ARGS; json() is the parsed output with --json, exit 0 or 1 required.
    Output ctl(const Argv& arguments) const;
    boost::json::value json(const Argv& arguments) const;
    boost::json::value status() const { return json({"status"}); }
    /// The state of our pull from `neighbour` as in status(), or nothing when it is not one.
    std::optional<std::string> state(const Node& neighbour) const;
    void wait_state(const Node& neighbour, const std::string& state) const;
    /// trompctl sync --wait --timeout 60s
    Output sync() const { return ctl({"sync", "--wait", "--timeout", "60s"}); }

  private:
    struct Neighbour {
        std::string name;
        std::optional<std::string> conninfo;
        LinkOptions options;
    };

    Argv command(const char* program, const Argv& arguments) const;
    ProcessOptions process_options() const;
    bool answers() const;

    Cluster& cluster_;
    const int number_;
    const std::string name_;
    NodeOptions options_;
    TempDir dir_;
    Faults faults_;
    std::map<int, Neighbour> neighbours_;
    std::unique_ptr<Database> sql_;
    std::unique_ptr<Process> daemon_;
};

}  // namespace tromp::test
