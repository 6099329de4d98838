#pragma once

#include "tests/support/tree.hpp"

namespace tromp::test {

/// Every node has an empty table `item (nr, name)`.
inline TreeOptions with_items() {
    TreeOptions options;
    options.schema = "CREATE TABLE item (nr bigint PRIMARY KEY, name text)";
    return options;
}

}  // namespace tromp::test
