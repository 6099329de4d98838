#include "tests/chaos/world.hpp"

#include <algorithm>
#include <chrono>
#include <fstream>

#include "tests/chaos/tables.hpp"
#include "tests/support/wait_until.hpp"

namespace tromp::test {
namespace fs = std::filesystem;
namespace {

/// Events of a held row stay until it is none any more, and so do TRUNCATEs of its table.
constexpr const char* events_to_drain =
    "SELECT count(*) FROM replication.log l WHERE NOT EXISTS"
    " (SELECT FROM replication.held h WHERE h.table_name = l.table_name AND (h.key = l.key OR l.action = 'T'))";

/// The held rows of a table that count, and what is in the way of each.
std::string held_rows(const ChaosTable& table) {
    return "SELECT h.id, h.key::text, r.token, r::text, r.claim,"
           " (SELECT " +
           table.key_json + " FROM " + table.name + " t WHERE t.claim = r.claim AND " + table.key_json +
           " <> h.key::text), h.error"
           " FROM replication.standing h CROSS JOIN jsonb_populate_record(NULL::" +
           table.name + ", h.row) r WHERE h.table_name = '" + table.name + "'";
}

void add_held_rows(NodeState& state, Database& database) {
    for (const auto& table : chaos_tables()) {
        for (const auto& row : database.rows(held_rows(table))) {
            const RowName name{table.name, row[1].value()};
            auto& held = state.held.emplace_back(HeldRow{.row = name, .token = row[2].value()});
            held.id = std::stoll(row[0].value());
            if (row[4]) held.claim = std::stoi(*row[4]);
            if (row[5]) held.in_way = RowName{table.name, *row[5]};
            held.error = row[6].value();
            state.tokens[name] = held.token;
            state.rows[name] = row[3].value();
        }
    }
    for (const auto& row : database.rows("SELECT table_name, key, h::text FROM replication.held h"
                                         " WHERE id NOT IN (SELECT id FROM replication.standing)")) {
        state.held.push_back({.row = {row[0].value(), row[1].value()}, .token = "superseded", .error = row[2].value()});
    }
}

/// They are tried again by and by. What is left without a reason is the checker's.
bool has_reason(const HeldRow& held) {
    return held.in_way.has_value();
}

Cluster::Settings settings(const ClusterPlan& plan, bool has_disk) {
    Cluster::Settings settings = {{"max_connections", "150"}, {"deadlock_timeout", "400ms"}};
    settings["max_prepared_transactions"] = plan.prepares ? "20" : "0";
    if (has_disk) {
        settings["default_tablespace"] = "small";
        settings["temp_tablespaces"] = "small";
    }
    return settings;
}

std::string try_clock() try {
    FakeClock clock;
    return "";
} catch (const std::runtime_error& error) {
    return error.what();
}

}  // namespace

const std::string& clock_obstacle() {
    static const std::string reason = try_clock();
    return reason;
}

World::World(const Plan& plan) : plan_(plan) {
    make_clusters();
    make_nodes();
    make_links();
    for (auto& node : nodes_) {
        node->init_ok();
        node->sql().exec(chaos_witness);
    }
    for (auto& node : nodes_)
        node->start();
}

void World::make_clusters() {
    const bool can_mount = SmallDisk::obstacle().empty();
    for (const auto& planned : plan_.clusters) {
        auto& made = clusters_.emplace_back();
        Cluster::Environment environment;
        if (planned.small_disk && can_mount) made.disk = std::make_unique<SmallDisk>();
        if (planned.own_clock && clock_obstacle().empty()) {
            made.clock = std::make_unique<FakeClock>();
            environment = made.clock->environment();
        }
        made.cluster = std::make_unique<Cluster>(settings(planned, made.disk != nullptr), environment);
        if (made.disk) {
            Database(made.cluster->conninfo("postgres"))
                .exec("CREATE TABLESPACE small LOCATION '" + made.disk->path().native() + "'");
        }
    }
}

void World::make_nodes() {
    for (std::size_t index = 0; index < plan_.nodes.size(); ++index) {
        const auto& planned = plan_.nodes[index];
        NodeOptions options;
        options.log_level = "info";
        options.extra =
            std::string(chaos_conflict_rules) + "\nbatch: {max_rows: " + std::to_string(planned.max_rows) + "}";
        auto& node = *nodes_.emplace_back(
            std::make_unique<Node>(*clusters_[planned.cluster].cluster, static_cast<int>(index) + 1,
                                   std::string(1, static_cast<char>('a' + index)), options));
        node.sql().exec(chaos_schema);
    }
}

void World::make_links() {
    for (const auto& planned : plan_.links) {
        auto& one = *nodes_[planned.one];
        auto& other = *nodes_[planned.other];
        auto& made = links_.emplace_back();
        made.to_one = std::make_unique<Proxy>(one.cluster().port());
        made.to_other = std::make_unique<Proxy>(other.cluster().port());
        LinkOptions up{.via = made.to_one.get(), .direction = planned.both ? "both" : "pull"};
        LinkOptions down{.via = made.to_other.get(), .database = !planned.both};
        other.link(one, up);
        one.link(other, down);
    }
}

void World::end_prepared() {
    for (auto& node : nodes_) {
        auto& database = node->sql();
        for (const auto& row : database.rows("SELECT gid FROM pg_prepared_xacts WHERE database = current_database()")) {
            const auto& gid = row[0].value();
            database.exec((gid.substr(0, 6) == "commit" ? "COMMIT PREPARED '" : "ROLLBACK PREPARED '") + gid + "'");
        }
    }
}

std::string World::quiesce() {
    for (std::size_t round = 0; round < diameter(plan_); ++round) {
        for (auto& node : nodes_) {
            const auto output = node->sync();
            if (output.exit_code != 0) return "sync at " + node->name() + ": " + output.out + output.err;
        }
    }
    for (auto& node : nodes_) {  // acknowledgements follow the rows; what is left is the checker's
        becomes_true(plan_.calm * patience, [&] {
            NodeState state;
            add_held_rows(state, node->sql());
            return std::all_of(state.held.begin(), state.held.end(), has_reason) &&
                   node->sql().number(events_to_drain) <=
                       node->sql().number("SELECT count(*) FROM replication.nodes WHERE NOT is_self");
        });
    }
    return "";
}

NodeState World::state(Node& node) {
    NodeState state;
    state.node = node.number();
    auto& database = node.sql();
    for (const auto& table : chaos_tables()) {
        for (const auto& row :
             database.rows("SELECT " + table.key_json + ", t.token, t::text FROM " + table.name + " t")) {
            const RowName name{table.name, row[0].value()};
            state.tokens.emplace(name, row[1].value());
            state.rows.emplace(name, row[2].value());
        }
        state.garbled += database.number("SELECT count(*) FROM " + table.name + " WHERE body IS DISTINCT FROM " +
                                         row_body("token", "claim"));
    }
    for (const auto& row : database.rows("SELECT tbl, key, token, kind, l::text FROM ledger l")) {
        const auto kind = row[3] == "row" ? Write::Kind::row : Write::Kind::removal;
        const auto& line = state.ledger.emplace_back(Write{{row[0].value(), row[1].value()}, row[2].value(), kind});
        state.rows.emplace(RowName{"ledger", line.row.table + " " + line.row.key + " " + line.token}, row[4].value());
    }
    for (const auto& row :
         database.rows("SELECT table_name, key::text, loser_row->>'token', winner_origin, winner_version,"
                       " loser_origin, loser_version FROM replication.conflicts")) {
        state.conflicts.push_back({{row[0].value(), row[1].value()},
                                   row[2],
                                   std::stoi(row[3].value()),
                                   std::stoll(row[4].value()),
                                   std::stoi(row[5].value()),
                                   std::stoll(row[6].value())});
    }
    for (const auto& row : database.rows("SELECT tbl, key, origin, version FROM chaos.logged_again")) {
        state.logged_again.insert(
            {{row[0].value(), row[1].value()}, std::stoi(row[2].value()), std::stoll(row[3].value())});
    }
    add_held_rows(state, database);
    state.events = database.number(events_to_drain);
    state.neighbours = database.number("SELECT count(*) FROM replication.nodes WHERE NOT is_self");
    return state;
}

std::size_t World::held_in_all() {
    long long held = 0;
    for (auto& node : nodes_) {
        held += node->sql().number(
            "SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence('replication.held', 'id')), 0)");
    }
    return static_cast<std::size_t>(held);
}

void World::keep(const fs::path& dir) {
    std::ofstream(dir / "plan.txt") << describe(plan_);
    for (std::size_t index = 0; index < clusters_.size(); ++index)
        std::ofstream(dir / ("cluster-" + std::to_string(index) + ".log")) << clusters_[index].cluster->log();
    for (auto& node : nodes_)
        std::ofstream(dir / (node->name() + ".log")) << node->log();
    for (auto& node : nodes_) {
        std::ofstream(dir / (node->name() + ".status")) << node->ctl({"status", "--json"}).out;
        std::ofstream activity(dir / (node->name() + ".activity"));
        for (const auto& row :
             node->sql().rows("SELECT a::text FROM pg_stat_activity a WHERE datname = current_database()"))
            activity << row[0].value_or("") << "\n";
        std::ofstream tables(dir / (node->name() + ".tables"));
        for (const char* const table : {"item", "pair", "note", "task", "ledger", "replication.conflicts",
                                        "replication.held", "replication.events", "replication.ahead",
                                        "chaos.logged_again", "replication.positions", "replication.nodes"}) {
            tables << "== " << table << "\n";
            for (const auto& row : node->sql().rows(std::string("SELECT t::text FROM ") + table + " t ORDER BY 1"))
                tables << row[0].value_or("") << "\n";
        }
    }
}

}  // namespace tromp::test
