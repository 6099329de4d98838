#include "common/config.hpp"
#include "common/log.hpp"
#include "daemon/node.hpp"

#include <spdlog/spdlog.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/program_options.hpp>

#include <csignal>
#include <iostream>

namespace {

namespace asio = boost::asio;
namespace po = boost::program_options;
using namespace std::chrono_literals;

constexpr auto longest_stop = 4s;

struct CommandLine {
    std::string config;
    std::string log_level;
    bool check = false;
};

/// Nothing when the program is done already.
std::optional<CommandLine> read_command_line(int argc, char** argv) {
    CommandLine line;
    po::options_description options(
        "trompd keeps PostgreSQL databases equal that are not always connected.\n\n"
        "Usage: trompd --config FILE [--check] [--log-level LEVEL]");
    options.add_options()                                                                                 //
        ("config", po::value(&line.config)->value_name("FILE"), "the configuration, see trompd.yaml(5)")  //
        ("check", po::bool_switch(&line.check), "check the configuration and exit")                       //
        ("log-level", po::value(&line.log_level)->value_name("LEVEL"),
         "trace, debug, info, warn or error, instead of the file's")  //
        ("version", "print the version and exit")                     //
        ("help", "print this and exit");
    po::variables_map given;
    try {
        po::store(po::parse_command_line(argc, argv, options), given);
        po::notify(given);
    } catch (const po::error& error) {
        throw tromp::Error(std::string(error.what()) + "; see trompd --help", tromp::Exit::usage);
    }
    if (given.contains("help")) {
        std::cout << options;
        return std::nullopt;
    }
    if (given.contains("version")) {
        std::cout << "trompd " TROMP_VERSION "\n";
        return std::nullopt;
    }
    if (line.config.empty()) throw tromp::Error("which configuration? give --config FILE", tromp::Exit::usage);
    if (!line.log_level.empty() && !tromp::is_log_level(line.log_level)) {
        throw tromp::Error("'" + line.log_level + "' is no log level: trace, debug, info, warn or error",
                           tromp::Exit::usage);
    }
    return line;
}

void run(const CommandLine& line, tromp::Config config) {
    tromp::start_log(line.log_level.empty() ? config.log_level : line.log_level);
    asio::io_context context(1);
    tromp::Node node(context, std::move(config));
    asio::signal_set signals(context, SIGTERM, SIGINT, SIGHUP);
    asio::steady_timer limit(context);
    std::function<void(const boost::system::error_code&, int)> on_signal = [&](const boost::system::error_code& error,
                                                                               int signal) {
        if (error) return;
        if (signal == SIGHUP) {
            node.reload();
            signals.async_wait(on_signal);
            return;
        }
        limit.expires_after(longest_stop);
        limit.async_wait([&](const boost::system::error_code& cancelled) {
            if (!cancelled) context.stop();
        });
        node.stop([&] { context.stop(); });
    };
    signals.async_wait(on_signal);
    node.start();
    context.run();
}

}  // namespace

int main(int argc, char** argv) {
    try {
        const auto line = read_command_line(argc, argv);
        if (!line) return 0;
        auto config = tromp::load_config(line->config);
        if (line->check) {
            std::cout << line->config << ": no errors\n";
            return 0;
        }
        run(*line, std::move(config));
        return 0;
    } catch (const tromp::Error& error) {
        std::cerr << "trompd: " << error.what() << '\n';
        return static_cast<int>(error.code());
    } catch (const std::exception& error) {
        std::cerr << "trompd: " << error.what() << '\n';
        return static_cast<int>(tromp::Exit::no);
    }
}
