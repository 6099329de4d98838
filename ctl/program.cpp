#include "ctl/program.hpp"

#include <libpq-fe.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include <fcntl.h>
#include <spawn.h>

#include "common/error.hpp"

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX has it declared nowhere

namespace tromp::ctl {
namespace {

/// A file without a name that a program writes to.
class Sink {
  public:
    Sink() : file_(std::tmpfile(), &std::fclose) {
        if (!file_) throw Error(std::string("cannot make a temporary file: ") + std::strerror(errno));
    }
    int descriptor() const { return ::fileno(file_.get()); }
    std::string text() const {
        std::rewind(file_.get());
        std::string all;
        std::array<char, 65536> buffer{};
        for (;;) {
            const auto read = std::fread(buffer.data(), 1, buffer.size(), file_.get());
            if (read == 0) return all;
            all.append(buffer.data(), read);
        }
    }

  private:
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
};

std::vector<char*> pointers(std::vector<std::string>& words) {
    std::vector<char*> result;
    result.reserve(words.size() + 1);
    for (auto& word : words)
        result.push_back(word.data());
    result.push_back(nullptr);
    return result;
}

/// As libpq quotes values.
std::string quoted(const std::string& value) {
    std::string text = "'";
    for (const char c : value) {
        if (c == '\'' || c == '\\') text += '\\';
        text += c;
    }
    return text + "'";
}

}  // namespace

ConnectionWords connection_words(const std::string& conninfo) {
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
        PQconninfoParse(conninfo.c_str(), nullptr), &PQconninfoFree);
    if (!options)
        throw Error("the connection string cannot be parsed; see 'Connection Strings' in libpq's manual", Exit::usage);
    ConnectionWords words;
    for (const auto* option = options.get(); option->keyword != nullptr; ++option) {
        if (option->val == nullptr) continue;
        if (std::string_view(option->keyword) == "password") {
            words.environment["PGPASSWORD"] = option->val;
        } else {
            words.conninfo +=
                (words.conninfo.empty() ? "" : " ") + std::string(option->keyword) + "=" + quoted(option->val);
        }
    }
    return words;
}

std::string run_program(const Program& program) {
    auto words = program.words;
    std::vector<std::string> variables;
    for (char** variable = environ; *variable != nullptr; ++variable) {
        const std::string text(*variable);
        if (!program.environment.contains(text.substr(0, text.find('=')))) variables.push_back(text);
    }
    for (const auto& [name, value] : program.environment)
        variables.push_back(name + "=" + value);

    const Sink out;
    const Sink err;
    posix_spawn_file_actions_t actions{};
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, out.descriptor(), STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, err.descriptor(), STDERR_FILENO);
    pid_t child = 0;
    const int failure = ::posix_spawnp(&child, words.front().c_str(), &actions, nullptr, pointers(words).data(),
                                       pointers(variables).data());
    ::posix_spawn_file_actions_destroy(&actions);
    if (failure != 0) {
        throw Error(program.words.front() + " cannot be run: " + std::strerror(failure) +
                    "; it comes with PostgreSQL's client programs (package postgresql-client)");
    }
    int status = 0;
    while (::waitpid(child, &status, 0) == -1) {
        if (errno != EINTR) throw Error(program.words.front() + " was lost: " + std::strerror(errno));
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) throw Error(program.words.front() + " failed: " + err.text());
    return out.text();
}

}  // namespace tromp::ctl
