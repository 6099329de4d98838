#include "tests/support/process.hpp"

#include <fcntl.h>
#include <grp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include "tests/support/fd.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/wait_until.hpp"

extern char** environ;

namespace tromp::test {
namespace {

using namespace std::chrono_literals;

[[noreturn]] void fail(const std::string& what, int error = errno) {
    throw std::system_error(error, std::generic_category(), what);
}

struct Streams {
    int in, out, err;
};

std::vector<std::string> merged_environment(const std::map<std::string, std::string>& added) {
    std::vector<std::string> merged;
    for (char** entry = environ; *entry; ++entry) {
        const std::string text = *entry;
        if (!added.contains(text.substr(0, text.find('=')))) merged.push_back(text);
    }
    for (const auto& [name, value] : added)
        merged.push_back(name + "=" + value);
    return merged;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (auto& text : texts)
        result.push_back(text.data());
    result.push_back(nullptr);
    return result;
}

bool become(const User& user) {
    return setgroups(1, &user.gid) == 0 && setgid(user.gid) == 0 && setuid(user.uid) == 0 && chdir("/") == 0;
}

// Between fork and exec only what is safe in a signal handler may be called: another thread may hold any lock. So
// everything is prepared before, and the reason of a failure comes back as a number through a pipe.
pid_t spawn(Argv argv, const ProcessOptions& options, const Streams& streams) {
    auto environment = merged_environment(options.environment);
    const auto arguments = pointers(argv);
    const auto variables = pointers(environment);
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) fail("pipe");
    const Fd reason(ends[0]);
    Fd report(ends[1]);
    const pid_t parent = getpid();

    const pid_t pid = fork();
    if (pid < 0) fail("fork");
    if (pid == 0) {
        signal(SIGPIPE, SIG_DFL);
        const bool ready = dup2(streams.in, 0) == 0 && dup2(streams.out, 1) == 1 && dup2(streams.err, 2) == 2 &&
                           (!options.user || options.user->uid == geteuid() || become(*options.user)) &&
                           prctl(PR_SET_PDEATHSIG, options.death_signal) == 0;  // last: another uid would clear it
        if (ready && getppid() == parent) execvpe(arguments.front(), arguments.data(), variables.data());
        const int error = errno;
        [[maybe_unused]] const auto written = write(report.get(), &error, sizeof error);
        _exit(127);
    }
    report.close();
    int error = 0;
    if (read(reason.get(), &error, sizeof error) == sizeof error) {
        waitpid(pid, nullptr, 0);
        fail("cannot run " + argv.front(), error);
    }
    return pid;
}

Fd open_for_output(const std::filesystem::path& file) {
    Fd fd(open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
    if (!fd) fail("open " + file.native());
    return fd;
}

Fd memory_file(const std::string& text = {}) {
    Fd fd(memfd_create("tromp-test", MFD_CLOEXEC));
    const auto size = static_cast<ssize_t>(text.size());
    if (!fd || write(fd.get(), text.data(), text.size()) != size || lseek(fd.get(), 0, SEEK_SET) != 0) fail("memfd");
    return fd;
}

std::string content(const Fd& fd) {
    std::string text;
    std::array<char, 65536> buffer;
    for (;;) {
        const auto count = pread(fd.get(), buffer.data(), buffer.size(), static_cast<off_t>(text.size()));
        if (count < 0) fail("read");
        if (count == 0) return text;
        text.append(buffer.data(), static_cast<std::size_t>(count));
    }
}

// Nothing while it runs; afterwards it is reaped.
std::optional<ExitStatus> reap(pid_t pid) {
    int status = 0;
    const pid_t ended = waitpid(pid, &status, WNOHANG);
    if (ended < 0) fail("waitpid");
    if (ended == 0) return std::nullopt;
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

// State and parent from /proc/PID/stat; nothing when there is no such process.
std::optional<std::pair<char, pid_t>> state_and_parent(const std::string& pid) {
    std::ifstream file("/proc/" + pid + "/stat");  // cannot be read either when the process ends at this moment
    std::string stat;
    std::getline(file, stat);
    const auto name_end = stat.rfind(')');
    if (name_end == std::string::npos) return std::nullopt;
    std::istringstream fields(stat.substr(name_end + 1));
    char state = 0;
    pid_t parent = 0;
    fields >> state >> parent;
    return std::pair{state, parent};
}

bool has_ended(char state) {
    return state == 'Z' || state == 'X';
}

}  // namespace

Process::Process(const Argv& argv, const std::filesystem::path& dir, const std::string& name,
                 const ProcessOptions& options)
    : out_(dir / (name + ".out")), err_(dir / (name + ".err")) {
    const Fd in = memory_file(options.input);
    const Fd out = open_for_output(out_);
    const Fd err = open_for_output(err_);
    pid_ = spawn(argv, options, {in.get(), out.get(), err.get()});
}

Process::~Process() {
    try {
        kill(SIGTERM);
        if (wait_exit(3s)) return;
        kill(SIGKILL);
        wait_exit(5s);
    } catch (...) {  // nothing more can be done for it
    }
}

bool Process::is_running() {
    return !wait_exit(0ms);
}

void Process::kill(int signal) {
    if (is_running() && ::kill(pid_, signal) != 0) fail("kill");
}

std::optional<ExitStatus> Process::wait_exit(std::chrono::milliseconds deadline) {
    becomes_true(deadline, [&] {
        if (!status_) status_ = reap(pid_);
        return status_.has_value();
    });
    return status_;
}

std::string Process::out() const {
    return read_file(out_);
}
std::string Process::err() const {
    return read_file(err_);
}

Output run(const Argv& argv, const ProcessOptions& options, std::chrono::milliseconds deadline) {
    const Fd in = memory_file(options.input);
    const Fd out = memory_file();
    const Fd err = memory_file();
    const pid_t pid = spawn(argv, options, {in.get(), out.get(), err.get()});
    std::optional<ExitStatus> status;
    const auto ended = [&] { return (status = reap(pid)).has_value(); };
    if (!becomes_true(deadline, ended)) {
        ::kill(pid, SIGKILL);
        waitpid(pid, nullptr, 0);
        throw std::runtime_error(argv.front() + " did not end in time; it had said: " + content(out) + content(err));
    }
    return {*status, content(out), content(err)};
}

std::vector<pid_t> children_of(pid_t parent) {
    std::vector<pid_t> children;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const auto name = entry.path().filename().string();
        pid_t pid = 0;
        const auto parsed = std::from_chars(name.data(), name.data() + name.size(), pid);
        if (parsed.ec != std::errc{} || parsed.ptr != name.data() + name.size()) continue;
        const auto found = state_and_parent(name);
        if (found && found->second == parent && !has_ended(found->first)) children.push_back(pid);
    }
    return children;
}

bool is_stopped(pid_t pid) {
    const auto found = state_and_parent(std::to_string(pid));
    return found && found->first == 'T';
}

bool is_alive(pid_t pid) {
    const auto found = state_and_parent(std::to_string(pid));
    return found && !has_ended(found->first);
}

}  // namespace tromp::test
