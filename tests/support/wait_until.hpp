#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

namespace tromp::test {

/// Deadlines are multiplied with it: the sanitizers slow the programs down, not the people who read the deadlines.
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
inline constexpr int patience = 5;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
inline constexpr int patience = 5;
#else
inline constexpr int patience = 1;
#endif
#else
inline constexpr int patience = 1;
#endif

/// Polls with short pauses; false when the predicate was not true once up to the deadline. It is asked at least once.
/// What it throws goes through.
bool becomes_true(std::chrono::milliseconds deadline, const std::function<bool()>& predicate);

/// The same for a test, which fails with "waited 5000 ms until `what`" and the text of `describe`, where given. Only
/// from the test's own thread.
void wait_until(std::chrono::milliseconds deadline, std::string_view what, const std::function<bool()>& predicate,
                const std::function<std::string()>& describe = {});

}  // namespace tromp::test
