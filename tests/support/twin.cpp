#include "tests/support/twin.hpp"

#include <stdexcept>

#include "tests/support/database.hpp"
#include "tests/support/installation.hpp"
#include "tests/support/wait_until.hpp"

namespace tromp::test {
namespace {

using namespace std::chrono_literals;

void run_as_server(const Argv& argv) {
    const auto output = run(argv, {.user = database_user()});
    if (output.exit_code != 0) throw std::runtime_error(argv.front() + ": " + output.out + output.err);
}

void wait_for(const std::string& what, const std::function<bool()>& predicate) {
    if (!becomes_true(30s, predicate)) throw std::runtime_error("waited in vain until " + what);
}

}  // namespace

Twin::Twin(Cluster& original, Kind kind) : original_(original) {
    copy_files(kind);
    start();
}

Twin::~Twin() try {
    if (!server_) return;
    server_->kill(SIGINT);
    server_->wait_exit(5s);
} catch (...) {  // the members' destructors do the rest
}

void Twin::copy_files(Kind kind) {
    const auto data = dir_ / "data";
    if (kind == Kind::standby) {
        run_as_server({postgres_program("pg_basebackup"), "-d", original_.conninfo("postgres"), "-D", data, "-R", "-c",
                       "fast", "-X", "stream"});
        return;
    }
    original_.stop();
    run_as_server({"cp", "-a", "--reflink=auto", original_.data_dir(), data});
    original_.start();
}

void Twin::start() {
    server_ = std::make_unique<Process>(
        Argv{postgres_program("postgres"), "-D", dir_ / "data", "-p", std::to_string(port_.number()), "-k", dir_.path(),
             "-c", "shared_buffers=16MB"},
        dir_.path(), "postgres", ProcessOptions{.user = database_user(), .death_signal = SIGQUIT});
    if (!becomes_true(30s, [&] { return accepts(); }))
        throw std::runtime_error("the twin does not start\n" + tail(server_->err(), 30));
}

std::string Twin::conninfo(const std::string& database) const {
    return "host=" + dir_.path().native() + " port=" + std::to_string(port_.number()) +
           " user=postgres dbname=" + database;
}

bool Twin::accepts() const {
    try {
        Database(conninfo("postgres")).exec("SELECT 1");
        return true;
    } catch (const SqlError&) {
        return false;
    }
}

void Twin::make_synchronous() {
    Database primary(original_.conninfo("postgres"));
    primary.exec("ALTER SYSTEM SET synchronous_standby_names = '*'");
    primary.exec("SELECT pg_reload_conf()");
    wait_for("the standby is synchronous",
             [&] { return primary.number("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") == 1; });
}

void Twin::stop_receiving() {
    Database standby(conninfo("postgres"));
    standby.exec("ALTER SYSTEM SET primary_conninfo = ''");
    standby.exec("SELECT pg_reload_conf()");
    Database primary(original_.conninfo("postgres"));
    wait_for("the standby is cut off", [&] { return primary.number("SELECT count(*) FROM pg_stat_replication") == 0; });
}

void Twin::promote() {
    Database(conninfo("postgres")).exec("SELECT pg_promote()");
}

}  // namespace tromp::test
