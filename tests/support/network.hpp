#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "tests/support/cluster.hpp"
#include "tests/support/fd.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temp_dir.hpp"

namespace tromp::test {

/// Why this process may not make networks of its own; empty where it may.
std::string why_no_networks();

/// Two machines' networks (namespaces) with a cable between them, and nothing else in them. They have no names and
/// belong to processes of ours, so nothing is left behind, however the test ends.
class CabledNetworks {
  public:
    /// Throws std::runtime_error where that cannot be done; see why_no_networks().
    CabledNetworks();

    /// In which of the two.
    enum class Side { left, right };

    /// While it lives, what this thread starts or opens is in that network.
    class Inside {
      public:
        Inside(const CabledNetworks& networks, Side side);
        ~Inside();
        Inside(const Inside&) = delete;
        Inside& operator=(const Inside&) = delete;

      private:
        Fd back_;
    };

    /// The address of a side; clusters that are to be reached listen there, and on no other.
    static std::string address(Side side);
    /// Settings for a cluster that is to be reached by the other side.
    static Cluster::Settings settings(Side side);
    /// That cluster trusts the other side as it trusts this machine.
    static void let_in(const Cluster& cluster);
    /// How the other side reaches a database there.
    static std::string conninfo(const Cluster& cluster, Side side, const std::string& database);

    /// The cable is pulled (the left side sees its link go down; so does the right one), or put in again.
    void pull_cable() const;
    void plug_cable() const;

    /// Bytes that have come over the cable to that side.
    std::uint64_t received(Side side) const;

    /// iproute2's `ip`, in that network. Throws std::runtime_error with its words where it fails.
    void ip(Side side, const Argv& arguments) const;

  private:
    static std::unique_ptr<Process> hold_network(const TempDir& dir, const std::string& name);
    pid_t holder(Side side) const { return (side == Side::left ? left_ : right_)->pid(); }

    TempDir dir_;
    std::unique_ptr<Process> left_;
    std::unique_ptr<Process> right_;
};

}  // namespace tromp::test
