#include "daemon/wakeup.hpp"
#include "tests/support/catch.hpp"

using namespace tromp;

TEST_CASE("while it is armed and an old writer is open, the daemon goes on looking") {
    CHECK(after_look(WakeupState::arming, {false, 10}, 10) == WakeupState::arming);
    CHECK(after_look(WakeupState::arming, {false, 9}, 10) == WakeupState::arming);
    CHECK(after_look(WakeupState::arming, {true, 11}, 10) == WakeupState::arming);
}

TEST_CASE("it sleeps once every writer has an id above the bound") {
    CHECK(after_look(WakeupState::arming, {false, 11}, 10) == WakeupState::asleep);
    CHECK(after_look(WakeupState::asleep, {false, 50}, 10) == WakeupState::asleep);
}

TEST_CASE("news that nobody announced wake it") {
    CHECK(after_look(WakeupState::asleep, {true, 50}, 10) == WakeupState::awake);
    CHECK(after_look(WakeupState::awake, {true, 50}, 10) == WakeupState::awake);
    CHECK(after_look(WakeupState::awake, {false, 50}, 10) == WakeupState::awake);
}
