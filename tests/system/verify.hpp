#pragma once

#include <boost/json.hpp>

#include <future>
#include <string>
#include <vector>

#include "tests/support/node.hpp"

namespace tromp::test {

/// Nodes a and b, linked, whose tables are made by SQL of their own. Rows are put in behind the back of replication, so
/// they may differ.
struct TwoTables {
    /// `database_of_b` is how that database is to be made, where it is not as the cluster's others.
    TwoTables(const std::string& at_a, const std::string& at_b, const std::string& database_of_b = "") {
        if (!database_of_b.empty()) {
            Database(cluster.conninfo("postgres")).exec("DROP DATABASE b");
            Database(cluster.conninfo("postgres")).exec("CREATE DATABASE b TEMPLATE template0 " + database_of_b);
        }
        a.sql().exec(at_a);
        b.sql().exec(at_b);
        a.link(b);
        b.link(a);
        a.init_ok();
        b.init_ok();
    }

    Cluster cluster;
    Node a{cluster, 1, "a"};
    Node b{cluster, 2, "b"};
};

/// What a user does behind the back of replication.
inline void behind_its_back(Node& node, const std::string& sql) {
    node.sql().exec("SET session_replication_role = replica; " + sql + "; RESET session_replication_role");
}

/// The verdict of `trompctl --json verify` about a table, which must be there once.
boost::json::object verdict(const boost::json::value& answer, const std::string& table);

/// "missing here, missing there, different, held, on the way" as numbers.
std::string figures(const boost::json::object& verdict);

/// The keys that it names, as "[1] missing_here", sorted.
std::vector<std::string> differing(const boost::json::object& verdict);

/// `trompctl --json verify` at `node`, of all neighbours; the test fails unless it ends with `exit`.
boost::json::value verify(const Node& node, int exit);

/// A verify that goes on beside the test, and stops at the fault points that are armed.
std::future<Output> begin_verify(const Node& node, const Argv& arguments = {"--json", "verify"});

}  // namespace tromp::test
