#include "tests/support/node.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <utility>

#include "tests/support/catch.hpp"
#include "tests/support/wait_until.hpp"

namespace tromp::test {
namespace {

using namespace std::chrono_literals;
constexpr auto start_deadline = 15s;
constexpr auto stop_deadline = 5s;  // promised to whoever runs trompd
constexpr auto state_deadline = 30s;

std::string yaml_text(std::string_view text) {
    std::string result = "'";
    for (const char c : text)
        result += c == '\'' ? "''" : std::string(1, c);
    return result + "'";
}

bool has_key(const std::string& extra, const std::string& key) {
    return ("\n" + extra).find("\n" + key + ":") != std::string::npos;
}

// A neighbour's entry, where `extra` wins over the defaults: a key may stand only once.
void write_key(std::ostream& out, const std::string& extra, const std::string& key, const std::string& value) {
    if (!has_key(extra, key)) out << "    " << key << ": " << value << "\n";
}

void write_indented(std::ostream& out, const std::string& text) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
        out << "    " << line << "\n";
}

}  // namespace

Node::Node(Cluster& cluster, int number, std::string name, NodeOptions options)
    : cluster_(cluster), number_(number), name_(std::move(name)), options_(std::move(options)) {
    cluster_.create_database(name_);
    write_config();
}

Database& Node::sql() {
    if (!sql_ || !sql_->is_connected()) sql_ = std::make_unique<Database>(conninfo());
    return *sql_;
}

void Node::link(const Node& other, const LinkOptions& options) {
    Neighbour neighbour{other.name_, std::nullopt, options};
    if (options.database && !options.conninfo.empty()) {
        neighbour.conninfo = options.conninfo;
    } else if (options.database) {
        neighbour.conninfo =
            options.via ? other.cluster_.tcp_conninfo(other.name_, options.via->port()) : other.conninfo();
    }
    neighbours_.insert_or_assign(other.number_, std::move(neighbour));
    write_config();
}

void Node::unlink(const Node& other) {
    neighbours_.erase(other.number_);
    write_config();
}

void Node::write_config() const {
    std::ostringstream out;
    out << "node: " << number_ << "\nname: " << yaml_text(name_) << "\ndatabase: " << yaml_text(conninfo())
        << "\ntables: " << options_.tables << "\nmax_nodes: " << options_.max_nodes
        << "\nlog: {level: " << options_.log_level << "}\n";
    out << "control:\n  socket: " << yaml_text((dir_ / "trompd.sock").native()) << "\n";
    if (!neighbours_.empty()) out << "neighbours:\n";
    for (const auto& [number, neighbour] : neighbours_) {
        const auto& extra = neighbour.options.extra;
        out << "  - node: " << number << "\n    name: " << yaml_text(neighbour.name) << "\n";
        if (neighbour.conninfo) out << "    database: " << yaml_text(*neighbour.conninfo) << "\n";
        write_key(out, extra, "direction", neighbour.options.direction);
        write_key(out, extra, "poll_interval", options_.poll_interval);
        write_key(out, extra, "retry", options_.retry);
        write_indented(out, extra);
    }
    if (!has_key(options_.extra, "ddl")) out << "ddl: " << options_.ddl << "\n";
    out << options_.extra << "\n";
    write_file(config(), out.str());
}

Argv Node::command(const char* program, const Argv& arguments) const {
    // A long run works on copies, so that the build directory stays free for work.
    const char* const copies = std::getenv("TROMP_BIN");
    Argv argv = {std::string(copies ? copies : TROMP_BINARY_DIR) + "/" + program, "--config", config()};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return argv;
}

ProcessOptions Node::process_options() const {
    ProcessOptions options{.environment = options_.environment};
    options.environment.emplace("TROMP_FAULT_DIR", faults_.dir());
    return options;
}

void Node::init_ok() {
    const auto output = init();
    INFO("trompctl init at " << name_ << ": " << output.out << output.err);
    REQUIRE(output.exit_code == 0);
}

void Node::launch() {
    if (is_running()) throw std::logic_error("the daemon of " + name_ + " runs already");
    daemon_ = std::make_unique<Process>(command("trompd", {}), dir_.path(), "trompd", process_options());
}

bool Node::answers() const {
    const auto path = (dir_ / "trompd.sock").native();
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);  // short by TempDir's contract
    const Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    return connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
}

void Node::start() {
    launch();
    wait_until(
        start_deadline, "trompd of " + name_ + " answers", [&] { return answers() || !is_running(); },
        [&] { return tail(log(), 30); });
    INFO("trompd of " << name_ << " ended at once:\n" << tail(log(), 30));
    REQUIRE(is_running());
}

void Node::stop() {
    REQUIRE(is_running());
    daemon_->kill(SIGTERM);
    const auto status = daemon_->wait_exit(stop_deadline);
    INFO("trompd of " << name_ << " after SIGTERM:\n" << tail(log(), 30));
    REQUIRE(status.has_value());
    REQUIRE(*status == 0);
}

void Node::kill() {
    if (!daemon_) return;
    daemon_->kill(SIGKILL);
    daemon_->wait_exit(stop_deadline);
}

void Node::signal(int signal) {
    if (daemon_) daemon_->kill(signal);
}

void Node::restart() {
    stop();
    start();
}

void Node::reload() {
    REQUIRE(is_running());
    daemon_->kill(SIGHUP);
}

std::optional<ExitStatus> Node::wait_exit(std::chrono::milliseconds deadline) {
    if (!daemon_) return std::nullopt;
    return daemon_->wait_exit(deadline);
}

std::string Node::log() const {
    return read_file(dir_ / "trompd.err");
}

Output Node::ctl(const Argv& arguments) const {
    return run(command("trompctl", arguments), process_options());
}

boost::json::value Node::json(const Argv& arguments) const {
    Argv all = {"--json"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const auto output = ctl(all);
    INFO("trompctl --json " << arguments.front() << " at " << name_ << ": " << output.out << output.err);
    REQUIRE((output.exit_code == 0 || output.exit_code == 1));
    return boost::json::parse(output.out);
}

std::optional<std::string> Node::state(const Node& neighbour) const {
    const auto report = status();
    for (const auto& entry : report.at("neighbours").as_array()) {
        if (entry.at("node").to_number<int>() == neighbour.number_) {
            return std::string(entry.at("state").as_string());
        }
    }
    return std::nullopt;
}

void Node::wait_state(const Node& neighbour, const std::string& state) const {
    std::optional<std::string> last;
    wait_until(
        state_deadline, "the link of " + name_ + " to " + neighbour.name_ + " is " + state,
        [&] { return (last = this->state(neighbour)) == state; },
        [&] { return "it is " + last.value_or("absent") + "\n" + tail(log(), 30); });
}

}  // namespace tromp::test
