#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/program_options.hpp>

#include <csignal>
#include <exception>
#include <iostream>

#include "common/diagnostics.hpp"
#include "ctl/command.hpp"

namespace {

namespace po = boost::program_options;
using namespace tromp;

constexpr auto usage_line = "usage: trompctl [--config FILE] [--json] COMMAND [ARGUMENT…]\n";

struct CommandLine {
    std::string config;
    bool json{};
    bool help{};
    bool version{};
    std::vector<std::string> words;  ///< the command and its arguments
};

po::options_description global_options(CommandLine& line) {
    po::options_description options("Options");
    auto add = options.add_options();
    add("config", po::value(&line.config)->default_value("/etc/trompd/trompd.yaml")->value_name("FILE"),
        "this node's configuration, the same as trompd's");
    add("json", po::bool_switch(&line.json), "print JSON");
    add("help", po::bool_switch(&line.help), "print this");
    add("version", po::bool_switch(&line.version), "print the version");
    return options;
}

/// Our own options may stand anywhere; the others belong to the command.
CommandLine parse(int argc, char** argv) {
    CommandLine line;
    const auto options = global_options(line);
    po::options_description all;
    all.add(options).add_options()("words", po::value<std::vector<std::string>>(), "");
    po::positional_options_description positions;
    positions.add("words", -1);
    using namespace po::command_line_style;
    const auto parsed = po::command_line_parser(argc, argv)
                            .options(all)
                            .positional(positions)
                            .style(allow_long | long_allow_adjacent | long_allow_next)
                            .allow_unregistered()
                            .run();
    po::variables_map values;
    po::store(parsed, values);
    po::notify(values);
    line.words = po::collect_unrecognized(parsed.options, po::include_positional);
    return line;
}

void print_help(std::ostream& out) {
    CommandLine ignored;
    out << usage_line
        << "\nThe tool of pg_trompe: asynchronous multi-master replication of PostgreSQL databases.\n\nCommands\n";
    for (const auto& command : ctl::commands()) {
        out << "  " << command.name << (command.arguments.empty() ? "" : " ") << command.arguments << "\n      "
            << command.help << (command.run == nullptr && command.name != "help" ? " (not in this version)" : "")
            << "\n";
    }
    out << "\nA NEIGHBOUR is a node number or a name.\n\n"
        << global_options(ignored)
        << "\nExit status: 0 done; 1 the answer is no; 2 the command line or the configuration is wrong;\n"
           "3 a database or the daemon cannot be reached.\n";
}

Exit run(const ctl::Command& command, ctl::Context& context) {
    boost::asio::io_context io(1);
    Exit exit = Exit::no;
    std::exception_ptr failure;
    boost::asio::co_spawn(io, command.run(context), [&](std::exception_ptr error, Exit code) {
        failure = error;
        exit = code;
        io.stop();  // a host name that is still being looked up must not keep us
    });
    io.run();
    if (failure) std::rethrow_exception(failure);
    return exit;
}

Exit run(const CommandLine& line) {
    if (line.version) {
        std::cout << "trompctl " TROMP_VERSION "\n";
        return Exit::done;
    }
    if (line.words.empty() && !line.help)
        throw Error("no command\n" + std::string(usage_line) + "trompctl --help lists them", Exit::usage);
    if (line.words.empty() || line.words.front() == "help") {
        print_help(std::cout);
        return Exit::done;
    }
    if (line.words.front().starts_with('-')) throw Error("unknown option " + line.words.front(), Exit::usage);
    const auto& command = ctl::find_command(ctl::commands(), line.words.front(), "command");
    if (line.help) {
        std::cout << "usage: trompctl [--config FILE] [--json] " << command.name << " " << command.arguments << "\n\n  "
                  << command.help << "\n";
        return Exit::done;
    }
    if (command.run == nullptr) throw Error(line.words.front() + " is not in this version", Exit::usage);

    ctl::Context context{load_config(line.config), line.json,
                         ctl::Arguments({line.words.begin() + 1, line.words.end()}), std::cout, std::cerr};
    return run(command, context);
}

int report(const std::string& message, Exit code) {
    std::cout.flush();
    std::cerr << "trompctl: " << message << "\n";
    return static_cast<int>(code);
}

}  // namespace

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    try {
        const auto exit = run(parse(argc, argv));
        std::cout.flush();
        if (!std::cout) return report("cannot write the output", Exit::no);
        return static_cast<int>(exit);
    } catch (const ConfigError& error) {
        std::cerr << error.what() << "\n";  // lines of their own, with file, line and column
        return static_cast<int>(error.code());
    } catch (const Error& error) {
        return report(error.what(), error.code());
    } catch (const po::error& error) {
        return report(error.what(), Exit::usage);
    } catch (const std::exception& error) {
        return report(error.what(), Exit::no);
    }
}
