#include "tests/support/shared_memory.hpp"

#include <sys/ipc.h>
#include <sys/shm.h>

#include <fstream>
#include <string>

namespace tromp::test {

void remove_shared_memory(const std::filesystem::path& data) noexcept try {
    std::ifstream file(data / "postmaster.pid");
    std::string line;
    for (int number = 1; number < 7; ++number)
        std::getline(file, line);
    key_t key = 0;
    int id = 0;
    if (!(file >> key >> id)) return;
    shmid_ds segment{};
    if (shmctl(id, IPC_STAT, &segment) != 0) return;
    if (segment.shm_perm.__key == key && segment.shm_nattch == 0) shmctl(id, IPC_RMID, nullptr);
} catch (...) {  // tidying up; nothing depends on it
}

}  // namespace tromp::test
