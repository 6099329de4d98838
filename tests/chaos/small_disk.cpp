#include "tests/chaos/small_disk.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <vector>

#include "tests/support/fd.hpp"
#include "tests/support/user.hpp"

namespace tromp::test {
namespace fs = std::filesystem;
namespace {

constexpr const char* size_option = "size=96m,mode=0755";

std::string enter_own_namespace() {
    if (unshare(CLONE_NEWNS) != 0) return std::string("no mounting here: ") + std::strerror(errno);
    if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
        return std::string("no private mounts here: ") + std::strerror(errno);
    }
    return "";
}

}  // namespace

const std::string& SmallDisk::obstacle() {
    static const std::string reason = enter_own_namespace();
    return reason;
}

SmallDisk::SmallDisk() : mount_(dir_ / "disk") {
    fs::create_directory(mount_);
    if (mount("tmpfs", mount_.c_str(), "tmpfs", 0, size_option) != 0) {
        throw std::system_error(errno, std::generic_category(), "mount " + mount_.native());
    }
    fs::create_directory(path());
    if (chown(path().c_str(), database_user().uid, database_user().gid) != 0) {
        throw std::system_error(errno, std::generic_category(), "chown " + path().native());
    }
}

SmallDisk::~SmallDisk() {
    umount2(mount_.c_str(), MNT_DETACH);
}

void SmallDisk::fill() {
    const Fd file(open((mount_ / "ballast").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    for (std::vector<char> block(1 << 20, 'x'); !block.empty();) {
        if (write(file.get(), block.data(), block.size()) < 0) block.resize(block.size() / 2);
    }
}

void SmallDisk::empty() {
    fs::remove(mount_ / "ballast");
}

}  // namespace tromp::test
