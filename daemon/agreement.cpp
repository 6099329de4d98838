#include "daemon/agreement.hpp"

#include "common/install.hpp"
#include "daemon/identity.hpp"

#include <sql/embedded.hpp>

#include <algorithm>

namespace tromp {
namespace {

namespace asio = boost::asio;

struct NodeFacts {
    std::string schema_version;
    int max_nodes = 0;
    bool passes_on = false;  ///< it has neighbours beside the other end
};

asio::awaitable<NodeFacts> read_facts(pg::Connection& database) {
    const auto row = co_await database.query(std::string(sql::node_facts));
    NodeFacts facts;
    facts.schema_version = row.optional_at(0, "schema_version").value_or("");
    if (row.optional_at(0, "max_nodes")) facts.max_nodes = static_cast<int>(row.number(0, "max_nodes"));
    facts.passes_on = row.number(0, "neighbours") > 1;
    co_return facts;
}

asio::awaitable<void> require_at_home(pg::Connection& database) {
    const auto row = co_await database.query(std::string(sql::moved));
    check_at_home(std::string(row.at(0, "name")), row.optional_at(0, "moved").value_or(""));
}

}  // namespace

bool shares_meet(int node, int max_nodes, int other_node, int other_max) {
    const auto [smaller, larger] = std::minmax(max_nodes, other_max);
    return smaller < 1 || larger % smaller != 0 || std::max(node, other_node) > smaller;
}

asio::awaitable<TableFit> agree(pg::Connection& source, pg::Connection& target, const Peer& from, int reader) {
    const auto& source_name = from.name;
    const auto there = co_await read_facts(source);
    if (there.schema_version.empty())
        throw Error("the database of " + source_name + " was not set up: run trompctl init there");
    const auto here = co_await read_facts(target);
    if (there.schema_version != here.schema_version) {
        throw Error("schema replication has version " + there.schema_version + " at " + source_name + ", but " +
                    here.schema_version + " here: upgrade the older program and run its trompctl init");
    }
    if (there.max_nodes != here.max_nodes && shares_meet(from.node, there.max_nodes, reader, here.max_nodes)) {
        throw Error("max_nodes is " + std::to_string(there.max_nodes) + " at " + source_name + ", but " +
                    std::to_string(here.max_nodes) +
                    " here, so that new keys would collide: make it the same in both files and run trompctl init");
    }
    co_await require_at_home(target);
    co_await require_at_home(source);
    const auto at_source = co_await read_tables(source);
    const auto at_target = co_await read_tables(target);
    co_return fit_tables(at_source, at_target, source_name, here.passes_on);
}

void check_schema(int version, const std::string& name) {
    if (version == schema_version()) return;
    throw Error("schema replication of " + name + " has version " + std::to_string(version) +
                " now, but this trompd is made for version " + std::to_string(schema_version()) +
                ": run trompd and trompctl init of one version at both ends");
}

}  // namespace tromp
