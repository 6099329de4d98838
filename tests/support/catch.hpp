#pragma once

// Catch2 of either generation, under the names that both share; where they differ, the common name is here.

#if TROMP_CATCH_VERSION >= 3
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif

#include <string>

namespace tromp::test {

/// A matcher for REQUIRE_THAT: the text has `part` somewhere in it.
inline auto contains(const std::string& part) {
#if TROMP_CATCH_VERSION >= 3
    return Catch::Matchers::ContainsSubstring(part);
#else
    return Catch::Matchers::Contains(part);
#endif
}

}  // namespace tromp::test
