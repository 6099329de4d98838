#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "tests/support/port.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temp_dir.hpp"

namespace tromp::test {

/// A throwaway PostgreSQL with its own data directory, socket directory and port, which stay the same over restarts. It
/// trusts everybody from this machine; its superuser is `postgres`. It goes with the object, files and processes, and
/// its processes go with this one. fsync is on, since tests crash it. What fails throws std::runtime_error with the end
/// of the server's log.
class Cluster {
  public:
    /// Settings of postgresql.conf, over those of the tests: Cluster c{{"max_prepared_transactions", "10"}}.
    using Settings = std::map<std::string, std::string>;
    using Environment = std::map<std::string, std::string>;

    /// Makes it and starts it. `environment` is added to that of the server, at every start.
    explicit Cluster(const Settings& settings, Environment environment = {});
    Cluster(std::initializer_list<Settings::value_type> settings) : Cluster(Settings(settings)) {}
    Cluster() : Cluster(Settings{}) {}
    /// One with a system identifier of its own: the others are copies of one template and share theirs.
    static Cluster unrelated() { return Cluster(Unrelated{}); }
    ~Cluster();

    void start();
    /// In order, as pg_ctl's fast mode: sessions are ended, everything is written.
    void stop();
    /// As pg_ctl's immediate mode: nothing is written, the next start recovers.
    void crash();
    /// SIGKILL for the postmaster and all its children at once, as when the machine loses its power (but for what the
    /// operating system holds for the disk).
    void kill_all();
    void restart();
    /// Nothing is added to the environment any more, from the next start on.
    void clear_environment() { environment_.clear(); }
    /// As pg_upgrade does it, here to the version that it has: other files, with the same databases in them.
    void upgrade();
    bool is_running() const;

    void create_database(const std::string& name);
    /// Through the unix socket, where proxies cannot get in between.
    std::string conninfo(std::string_view database, std::string_view user = "postgres") const;
    /// Through 127.0.0.1, at `port`, as that of a Proxy; 0 is the cluster's own.
    std::string tcp_conninfo(std::string_view database, std::uint16_t port = 0) const;
    std::uint16_t port() const noexcept { return port_.number(); }
    std::filesystem::path data_dir() const { return dir_ / "data"; }

    /// The server's log since it was made; the last lines of it, for the message of a failed test.
    std::string log() const;
    std::string log_tail(std::size_t lines = 30) const;

  private:
    struct Unrelated {};
    explicit Cluster(Unrelated);

    void copy_template();
    void configure(const Settings& settings);
    void end_with(int signal, std::string_view how);

    TempDir dir_;
    ReservedPort port_;
    Environment environment_;
    std::unique_ptr<Process> postmaster_;
};

/// The last lines of a text.
std::string tail(std::string_view text, std::size_t lines);

}  // namespace tromp::test
