#pragma once

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/user.hpp"

namespace tromp::test {

using Argv = std::vector<std::string>;

struct ProcessOptions {
    std::map<std::string, std::string> environment{};  ///< added to our own
    std::optional<User> user{};                        ///< default: ourselves; another one needs root
    std::string input{};                               ///< what it reads from its standard input
    int death_signal = SIGKILL;  ///< what it gets when the thread that started it ends, however that happens
};

/// How a process ended: its exit code, or the negative number of the signal that killed it.
using ExitStatus = int;

/// A child process with its output in DIR/NAME.out and DIR/NAME.err, appended to. Not thread-safe; the thread that
/// constructs it has to outlive it (see death_signal). The program is looked up in PATH.
class Process {
  public:
    /// Throws std::system_error when it cannot be started, the reason of a failed exec included.
    Process(const Argv& argv, const std::filesystem::path& dir, const std::string& name,
            const ProcessOptions& options = {});
    /// Ends it: SIGTERM, and SIGKILL when that did not help within three seconds.
    ~Process();
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    pid_t pid() const noexcept { return pid_; }
    bool is_running();
    /// No effect when it has ended: the number may be somebody else's by then.
    void kill(int signal);
    /// Nothing when it still runs at the deadline.
    std::optional<ExitStatus> wait_exit(std::chrono::milliseconds deadline);

    std::string out() const;
    std::string err() const;

  private:
    std::filesystem::path out_;
    std::filesystem::path err_;
    pid_t pid_;
    std::optional<ExitStatus> status_;
};

struct Output {
    ExitStatus exit_code = 0;
    std::string out{};
    std::string err{};
};

/// Runs a program to its end. Throws std::system_error when it cannot be started, std::runtime_error (after killing it)
/// when it takes longer than `deadline`.
Output run(const Argv& argv, const ProcessOptions& options = {},
           std::chrono::milliseconds deadline = std::chrono::minutes(2));

/// The living processes whose parent is `parent`; those that ended and wait to be reaped are not among them.
std::vector<pid_t> children_of(pid_t parent);

/// By SIGSTOP, which takes effect some time after it was sent.
bool is_stopped(pid_t pid);

/// False as well for one that has ended and waits to be reaped.
bool is_alive(pid_t pid);

}  // namespace tromp::test
