#include "tests/support/cluster.hpp"

#include <libpq-fe.h>

#include <fstream>
#include <stdexcept>

#include "tests/support/database.hpp"
#include "tests/support/installation.hpp"
#include "tests/support/wait_until.hpp"

namespace tromp::test {
namespace fs = std::filesystem;
namespace {

using namespace std::chrono_literals;
constexpr auto start_deadline = 60s;  // recovery included
constexpr auto stop_deadline = 60s;   // a checkpoint included

// A value of postgresql.conf and one of a conninfo differ in how they escape a quote.
std::string quoted(std::string_view value, std::string_view escaped_quote) {
    std::string result = "'";
    for (const char c : value) {
        if (c == '\'') {
            result += escaped_quote;
        } else {
            result += c;
        }
    }
    return result + "'";
}

std::string conninfo_value(std::string_view value) {
    return quoted(value, "\\'");
}

std::string identifier(std::string_view name) {
    std::string result = "\"";
    for (const char c : name)
        result += c == '"' ? "\"\"" : std::string(1, c);
    return result + "\"";
}

}  // namespace

Cluster::Cluster(const Settings& settings, Environment environment) : environment_(std::move(environment)) {
    copy_template();
    configure(settings);
    start();
}

Cluster::Cluster(Unrelated) {
    make_cluster_files(data_dir());
    configure({});
    start();
}

Cluster::~Cluster() try {
    if (postmaster_) {
        postmaster_->kill(SIGQUIT);  // nobody needs what it would write
        postmaster_->wait_exit(10s);
    }
} catch (...) {  // the members' destructors do the rest
}

void Cluster::copy_template() {
    const auto output = run({"cp", "-a", "--reflink=auto", cluster_template(), data_dir()}, {.user = database_user()});
    if (output.exit_code != 0) throw std::runtime_error("copying the template: " + output.err);
}

void Cluster::configure(const Settings& settings) {
    Settings all = {
        {"listen_addresses", "127.0.0.1"},
        {"port", std::to_string(port())},
        {"unix_socket_directories", dir_.path()},
        {"shared_buffers", "32MB"},
        {"max_connections", "100"},
        {"min_wal_size", "32MB"},
        {"jit", "off"},
        {"dynamic_shared_memory_type", "mmap"},  // goes with the data directory, after SIGKILL too
        {"log_line_prefix", "%m [%p] %d "},
    };
    for (const auto& [name, value] : settings)
        all[name] = value;
    std::ofstream file(data_dir() / "postgresql.conf", std::ios::app);
    for (const auto& [name, value] : all)
        file << name << " = " << quoted(value, "''") << "\n";
    if (!file.flush()) throw std::runtime_error("cannot write " + data_dir().native() + "/postgresql.conf");
}

void Cluster::start() {
    if (is_running()) throw std::logic_error("the cluster runs already");
    // Not through pg_ctl: a child of ours ends with us. SIGQUIT, so that it takes its own children along.
    postmaster_ = std::make_unique<Process>(
        Argv{postgres_program("postgres"), "-D", data_dir()}, dir_.path(), "postgres",
        ProcessOptions{.environment = environment_, .user = database_user(), .death_signal = SIGQUIT});
    const auto target = conninfo("postgres");
    const bool ready =
        becomes_true(start_deadline, [&] { return !postmaster_->is_running() || PQping(target.c_str()) == PQPING_OK; });
    if (!ready || !postmaster_->is_running()) throw std::runtime_error("PostgreSQL does not start\n" + log_tail());
}

void Cluster::end_with(int signal, std::string_view how) {
    if (!is_running()) throw std::logic_error("the cluster does not run");
    postmaster_->kill(signal);
    if (postmaster_->wait_exit(stop_deadline)) return;
    throw std::runtime_error("PostgreSQL does not end at a " + std::string(how) + " shutdown\n" + log_tail());
}

void Cluster::stop() {
    end_with(SIGINT, "fast");
}

void Cluster::crash() {
    end_with(SIGQUIT, "immediate");
}

void Cluster::kill_all() {
    if (!is_running()) throw std::logic_error("the cluster does not run");
    // Stopped, the postmaster neither starts another child nor reaps one: the numbers stay those of its children.
    postmaster_->kill(SIGSTOP);
    if (!becomes_true(stop_deadline, [&] { return is_stopped(postmaster_->pid()) || !postmaster_->is_running(); }))
        throw std::runtime_error("PostgreSQL does not stop at SIGSTOP");
    const auto children = children_of(postmaster_->pid());
    for (const pid_t child : children)
        ::kill(child, SIGKILL);
    postmaster_->kill(SIGKILL);
    const bool gone = becomes_true(stop_deadline, [&] {
        if (postmaster_->is_running()) return false;
        for (const pid_t child : children) {
            if (is_alive(child)) return false;
        }
        return true;
    });
    if (!gone) throw std::runtime_error("PostgreSQL survives SIGKILL");
}

void Cluster::restart() {
    stop();
    start();
}

void Cluster::upgrade() {
    stop();
    const auto old = dir_ / "old";
    fs::rename(data_dir(), old);
    make_cluster_files(data_dir());
    const auto bin = postgres_program("postgres").parent_path().native();
    const auto port = std::to_string(this->port());
    // It writes into the directory where it runs.
    const auto output = run({"sh",
                             "-c",
                             "cd \"$0\" && exec \"$@\"",
                             dir_.path(),
                             postgres_program("pg_upgrade"),
                             "-U",
                             "postgres",
                             "-b",
                             bin,
                             "-B",
                             bin,
                             "-d",
                             old,
                             "-D",
                             data_dir(),
                             "-p",
                             port,
                             "-P",
                             port,
                             "-s",
                             dir_.path()},
                            {.user = database_user()});
    if (output.exit_code != 0) throw std::runtime_error("pg_upgrade: " + output.out + output.err);
    fs::copy_file(old / "postgresql.conf", data_dir() / "postgresql.conf", fs::copy_options::overwrite_existing);
    fs::remove_all(old);
    start();
}

bool Cluster::is_running() const {
    return postmaster_ && postmaster_->is_running();
}

void Cluster::create_database(const std::string& name) {
    Database(conninfo("postgres")).exec("create database " + identifier(name));
}

std::string Cluster::conninfo(std::string_view database, std::string_view user) const {
    return "host=" + dir_.path().native() + " port=" + std::to_string(port()) + " dbname=" + conninfo_value(database) +
           " user=" + conninfo_value(user);
}

std::string Cluster::tcp_conninfo(std::string_view database, std::uint16_t port) const {
    return "host=127.0.0.1 port=" + std::to_string(port ? port : this->port()) + " dbname=" + conninfo_value(database) +
           " user=postgres";
}

std::string Cluster::log() const {
    return read_file(dir_ / "postgres.err");
}

std::string Cluster::log_tail(std::size_t lines) const {
    return tail(log(), lines);
}

std::string tail(std::string_view text, std::size_t lines) {
    auto begin = text.size();
    if (begin > 0 && text.back() == '\n') --begin;
    for (; begin > 0; --begin) {
        if (text[begin - 1] == '\n' && --lines == 0) break;
    }
    return std::string(text.substr(begin));
}

}  // namespace tromp::test
