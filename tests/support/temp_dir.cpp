#include "tests/support/temp_dir.hpp"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include "tests/support/shared_memory.hpp"
#include "tests/support/user.hpp"

namespace tromp::test {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view prefix = "tromp-test-";
constexpr std::size_t longest_root = 50;  // sockets may have 107 bytes, our own names need less than 57

// A process id comes back some day, together with its start time it does not.
std::string identity(const std::string& pid) {
    const auto stat = read_file("/proc/" + pid + "/stat");
    const auto name_end = stat.rfind(')');  // the name may have blanks and brackets of its own
    if (name_end == std::string::npos) return {};
    std::istringstream fields(stat.substr(name_end + 1));
    std::string field;
    for (int number = 3; number <= 22; ++number)
        fields >> field;
    return pid + "-" + field;
}

bool open_to_others(const fs::path& dir) {
    for (auto at = fs::canonical(dir); at.has_relative_path(); at = at.parent_path()) {
        if ((fs::status(at).permissions() & fs::perms::others_exec) == fs::perms::none) return false;
    }
    return true;
}

std::optional<pid_t> recorded_postmaster(const fs::path& data) {
    std::istringstream text(read_file(data / "postmaster.pid"));
    pid_t pid = 0;
    if (text >> pid && pid > 0) return pid;
    return std::nullopt;
}

// A server whose test was killed is told so by the kernel and ends; until it has, its files stay.
bool server_still_there(const fs::path& dir) {
    const auto pid = recorded_postmaster(dir / "data");
    if (!pid) return false;
    std::error_code error;
    return fs::read_symlink("/proc/" + std::to_string(*pid) + "/cwd", error) == dir / "data";
}

void sweep(const fs::path& dir) {
    remove_shared_memory(dir / "data");
    std::error_code error;  // somebody else's leftovers stay
    fs::remove_all(dir, error);
}

void remove_leftovers() {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(temp_root(), error)) {
        const auto name = entry.path().filename().string();
        if (name.rfind(prefix, 0) != 0) continue;
        const auto owner = name.substr(prefix.size(), name.rfind('-') - prefix.size());  // "pid-start time"
        const auto pid = owner.substr(0, owner.find('-'));
        if (pid.empty() || pid.find_first_not_of("0123456789") != std::string::npos) continue;
        if (identity(pid) == owner || server_still_there(entry.path())) continue;
        sweep(entry.path());
    }
}

}  // namespace

const fs::path& temp_root() {
    static const fs::path root = [] {
        const char* wish = std::getenv("TMPDIR");
        std::error_code error;
        if (!wish || !fs::is_directory(wish, error)) return fs::path("/tmp");
        const auto path = fs::canonical(wish);
        const bool fits = path.native().size() <= longest_root;
        return fits && (geteuid() != 0 || open_to_others(path)) ? path : fs::path("/tmp");
    }();
    return root;
}

TempDir::TempDir() {
    [[maybe_unused]] static const bool once = (remove_leftovers(), true);
    const std::string self = identity(std::to_string(getpid()));
    std::string name = (temp_root() / (std::string(prefix) + self + "-XXXXXX")).native();
    if (!mkdtemp(name.data())) throw std::system_error(errno, std::generic_category(), "mkdtemp " + name);
    path_ = name;
    const User& owner = database_user();
    if (geteuid() == 0 && chown(path_.c_str(), owner.uid, owner.gid) != 0) {
        throw std::system_error(errno, std::generic_category(), "chown " + name);
    }
}

TempDir::~TempDir() {
    sweep(path_);
}

std::string read_file(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void write_file(const fs::path& file, std::string_view text) {
    auto draft = file;
    draft += ".draft";
    std::ofstream out(draft, std::ios::binary | std::ios::trunc);
    out.write(text.data(), static_cast<std::streamsize>(text.size()));
    out.close();
    if (!out) throw std::runtime_error("cannot write " + draft.native());
    fs::rename(draft, file);
}

}  // namespace tromp::test
