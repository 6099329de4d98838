#include "tests/support/wait_until.hpp"

#include <algorithm>
#include <thread>

#include "tests/support/catch.hpp"

namespace tromp::test {
namespace {

using namespace std::chrono_literals;
constexpr auto first_pause = 1ms;
constexpr auto longest_pause = 50ms;

}  // namespace

bool becomes_true(std::chrono::milliseconds deadline, const std::function<bool()>& predicate) {
    const auto end = std::chrono::steady_clock::now() + deadline * patience;
    for (auto pause = first_pause; !predicate(); pause = std::min(pause * 2, longest_pause)) {
        if (std::chrono::steady_clock::now() >= end) return false;
        std::this_thread::sleep_for(pause);
    }
    return true;
}

void wait_until(std::chrono::milliseconds deadline, std::string_view what, const std::function<bool()>& predicate,
                const std::function<std::string()>& describe) {
    if (becomes_true(deadline, predicate)) return;
    FAIL("waited " << (deadline * patience).count() << " ms until " << what << (describe ? "\n" + describe() : ""));
}

}  // namespace tromp::test
