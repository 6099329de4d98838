#pragma once

#include <map>
#include <string>
#include <vector>

namespace tromp::ctl {

struct Program {
    std::vector<std::string> words;                    ///< the first is looked up in PATH
    std::map<std::string, std::string> environment{};  ///< beside ours
};

/// What PostgreSQL's own programs need to connect with a connection string: the string without its password, which goes
/// into the environment, since everybody may read a command line. Throws Error where it cannot be parsed.
struct ConnectionWords {
    std::string conninfo;
    std::map<std::string, std::string> environment{};
};
ConnectionWords connection_words(const std::string& conninfo);

/// Runs a program to its end and returns what it printed. Throws Error with its own words where it fails or is not
/// there. Blocks.
std::string run_program(const Program& program);

}  // namespace tromp::ctl
