#include "tests/chaos/fault_kinds.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <iostream>
#include <stdexcept>

#include "tests/chaos/tables.hpp"

namespace tromp::test {
namespace {

using End = std::function<void()>;
using std::chrono::milliseconds;

const End nothing_to_end = [] {};

Proxy& proxy(World& world, std::size_t index) {
    auto& link = world.links().at(index / 2);
    return index % 2 == 0 ? *link.to_one : *link.to_other;
}

Node& node(World& world, std::size_t index) {
    return *world.nodes().at(index);
}

Cluster& cluster(World& world, std::size_t index) {
    return *world.clusters().at(index).cluster;
}

End passing(Proxy& proxy) {
    return [&proxy] { proxy.pass(); };
}

End cut(World& world, std::size_t index, std::uint64_t) {
    proxy(world, index).cut();
    return passing(proxy(world, index));
}

End cut_in_copy(World& world, std::size_t index, std::uint64_t amount) {
    proxy(world, index).cut_after(1 + amount % 40000);
    return passing(proxy(world, index));
}

End half_open(World& world, std::size_t index, std::uint64_t) {
    proxy(world, index).blackhole();
    return passing(proxy(world, index));
}

End delayed(World& world, std::size_t index, std::uint64_t amount) {
    proxy(world, index).delay(milliseconds(10 + amount % 290));
    return passing(proxy(world, index));
}

End slow(World& world, std::size_t index, std::uint64_t amount) {
    proxy(world, index).limit(2000 + amount % 100000);
    return passing(proxy(world, index));
}

End daemon_killed(World& world, std::size_t index, std::uint64_t) {
    node(world, index).kill();
    return [&world, index] { node(world, index).start(); };
}

End daemon_stopped(World& world, std::size_t index, std::uint64_t) {
    node(world, index).signal(SIGSTOP);
    return [&world, index] { node(world, index).signal(SIGCONT); };
}

// Dies by itself in the middle of a batch, if it comes there in time.
End daemon_killed_at(World& world, std::size_t index, std::uint64_t amount) {
    static constexpr std::array points = {"stage.rows",        "stage.done",      "apply.looked",
                                          "apply.merged",      "apply.forwarded", "apply.before_commit",
                                          "apply.commit_sent", "apply.committed"};
    auto& victim = node(world, index);
    victim.faults().arm(points.at(amount % points.size()), Faults::Action::kill);
    return [&victim] {
        victim.faults().clear();
        victim.kill();  // it may be about to die
        victim.start();
    };
}

End server_crash(World& world, std::size_t index, std::uint64_t) {
    cluster(world, index).crash();
    return [&world, index] { cluster(world, index).start(); };
}

End power_loss(World& world, std::size_t index, std::uint64_t) {
    cluster(world, index).kill_all();
    return [&world, index] { cluster(world, index).start(); };
}

// PostgreSQL with libfaketime was seen to hang when it was told to end while it recovered from a crash.
End server_restart(World& world, std::size_t index, std::uint64_t) {
    try {
        cluster(world, index).stop();
    } catch (const std::runtime_error& error) {
        std::cout << "a server restart becomes a power loss: " << error.what() << std::endl;
        cluster(world, index).kill_all();
    }
    return [&world, index] { cluster(world, index).start(); };
}

End disk_full(World& world, std::size_t index, std::uint64_t) {
    auto* const disk = world.clusters().at(index).disk.get();
    if (!disk) return {};
    disk->fill();
    return [disk] { disk->empty(); };
}

using Sessions = std::vector<std::unique_ptr<Database>>;

void take_all_connections(Sessions& sessions, const std::string& conninfo) try {
    for (;;)
        sessions.push_back(std::make_unique<Database>(conninfo));
} catch (const SqlError&) {  // full, as it should be
}

// Who was connected loses his place, which is taken at once.
End connections_full(World& world, std::size_t index, std::uint64_t) {
    const auto conninfo = cluster(world, index).conninfo("postgres");
    auto sessions = std::make_shared<Sessions>();
    sessions->push_back(std::make_unique<Database>(conninfo));
    take_all_connections(*sessions, conninfo);
    sessions->front()->exec(
        "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity"
        " WHERE backend_type = 'client backend' AND datname <> current_database()");
    take_all_connections(*sessions, conninfo);
    return [sessions] { sessions->clear(); };
}

// PostgreSQL's timers go by this clock. A wait for a lock that was on when it was put back would have no end, a
// deadlock with it, and not by anybody's fault but the clock's.
void shift(ChaosCluster& shifted, std::chrono::seconds ahead) {
    shifted.clock->set(ahead);
    try {
        Database(shifted.cluster->conninfo("postgres"))
            .exec("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'");
    } catch (const SqlError&) {  // it is down, and nobody waits
    }
}

End clock_shifted(World& world, std::size_t index, std::uint64_t amount) {
    static constexpr std::array<long long, 7> seconds = {5, -5, 3600, -3600, 86400, -86400, 10 * 365 * 86400};
    auto& shifted = world.clusters().at(index);
    if (!shifted.clock) return {};
    shift(shifted, std::chrono::seconds(seconds.at(amount % seconds.size())));
    return [&shifted] { shift(shifted, std::chrono::seconds(0)); };
}

End all_sessions(World& world, std::size_t index, const std::string& function) {
    Database(node(world, index).conninfo())
        .exec("SELECT " + function +
              "(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
    return nothing_to_end;
}

End statements_cancelled(World& world, std::size_t index, std::uint64_t) {
    return all_sessions(world, index, "pg_cancel_backend");
}

End sessions_terminated(World& world, std::size_t index, std::uint64_t) {
    return all_sessions(world, index, "pg_terminate_backend");
}

End table_locked(World& world, std::size_t index, std::uint64_t amount) {
    auto session = std::make_shared<Database>(node(world, index).conninfo());
    const auto& tables = chaos_tables();
    session->exec("SET lock_timeout = '2s'; BEGIN; LOCK TABLE " + tables.at(amount % tables.size()).name);
    return [session]() mutable { session.reset(); };
}

void set_type_of_body(Node& node, const std::string& table, const std::string& type) {
    Database(node.conninfo()).exec("SET lock_timeout = '2s'; ALTER TABLE " + table + " ALTER body TYPE " + type);
}

// Its rows fit no neighbour's table until it ends.
End table_differs(World& world, std::size_t index, std::uint64_t amount) {
    const auto& table = chaos_tables().at(amount % chaos_tables().size()).name;
    set_type_of_body(node(world, index), table, "varchar");
    return [&world, index, table] {
        try {
            set_type_of_body(node(world, index), table, "text");
        } catch (const SqlError&) {  // it fits when all heals
        }
    };
}

void give_statements(Database& session, const std::string& statements) {
    session.exec("SET lock_timeout = '2s'; SELECT replication.ddl('" + statements + "')");
}

// The columns that statements given at a node added, and that are still there.
void drop_added_columns(Node& node) {
    Database session(node.conninfo());
    for (const auto& row : session.rows("SELECT attrelid::regclass, attname FROM pg_attribute WHERE NOT attisdropped"
                                        " AND attname LIKE 'added\\_" +
                                        std::to_string(node.number()) +
                                        "\\_%' AND attrelid IN (SELECT relation FROM"
                                        " replication.tables)")) {
        const auto& column = row[1].value();
        give_statements(session, "DROP INDEX by_" + column + "; ALTER TABLE " + row[0].value() + " DROP " + column);
    }
}

// Every node gets a column and an index by it, and loses both when it ends.
End schema_changed(World& world, std::size_t index, std::uint64_t amount) {
    static std::atomic<int> number = 0;
    auto& changed = node(world, index);
    const auto& table = chaos_tables().at(amount % chaos_tables().size()).name;
    const auto column = "added_" + std::to_string(changed.number()) + "_" + std::to_string(++number);
    Database session(changed.conninfo());
    give_statements(session, "ALTER TABLE " + table + " ADD " + column + " text; CREATE INDEX by_" + column + " ON " +
                                 table + " (" + column + ")");
    return [&changed] {
        try {
            drop_added_columns(changed);
        } catch (const SqlError&) {  // they go when all heals
        }
    };
}

}  // namespace

void make_tables_fit(World& world) {
    for (auto& node : world.nodes())
        drop_added_columns(*node);
    for (std::size_t index = 0; index < world.nodes().size(); ++index) {
        for (const auto& table : chaos_tables())
            node(world, index).sql().exec("ALTER TABLE " + table.name + " ALTER body TYPE text");
    }
}

const std::vector<FaultKind>& fault_kinds() {
    static const std::vector<FaultKind> kinds = {
        {"link cut", FaultTarget::link, cut},
        {"link cut in copy", FaultTarget::link, cut_in_copy},
        {"link half open", FaultTarget::link, half_open},
        {"link delayed", FaultTarget::link, delayed},
        {"link slow", FaultTarget::link, slow},
        {"daemon killed", FaultTarget::daemon, daemon_killed},
        {"daemon killed in a batch", FaultTarget::daemon, daemon_killed_at},
        {"daemon stopped", FaultTarget::daemon, daemon_stopped},
        {"server crash", FaultTarget::server, server_crash},
        {"server power loss", FaultTarget::server, power_loss},
        {"server restart", FaultTarget::server, server_restart},
        {"disk full", FaultTarget::server, disk_full},
        {"connections full", FaultTarget::server, connections_full},
        {"clock shifted", FaultTarget::server, clock_shifted},
        {"statements cancelled", FaultTarget::database, statements_cancelled},
        {"sessions terminated", FaultTarget::database, sessions_terminated},
        {"table locked", FaultTarget::database, table_locked},
        {"table differs", FaultTarget::database, table_differs},
        {"schema changed", FaultTarget::database, schema_changed, true},
    };
    return kinds;
}

}  // namespace tromp::test
