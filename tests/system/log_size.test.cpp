#include "tests/support/catch.hpp"
#include "tests/support/tree.hpp"
#include "tests/system/ask.hpp"
#include "tests/system/items.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

TEST_CASE("while a neighbour is away the log is bounded by the rows that are touched, not by the changes") {
    constexpr int rows = 50;
    auto tree = Tree::chain(2, with_items());
    auto& a = tree[0];
    auto& b = tree[1];
    tree.sync_all();
    b.kill();
    // More than the ten thousand events that are worth compacting.
    const auto insert = "INSERT INTO item SELECT i, 'anew' FROM generate_series(1, " + std::to_string(rows) + ") i;";
    a.sql().exec(insert +
                 "DO $$ BEGIN FOR round IN 1..300 LOOP"
                 "  UPDATE item SET name = 'round ' || round;"
                 "  IF round % 50 = 0 THEN DELETE FROM item; " +
                 insert +
                 " END IF;"
                 "  END LOOP; END $$");
    CHECK(a.sql().number("SELECT count(*) FROM replication.events") > 15000);
    // A delete is infinitely strong by default: of each row the last one stays, and its last change.
    wait_value(a, "SELECT count(*) <= " + std::to_string(2 * rows) + " FROM replication.events", "t", 90s);
    b.start();
    tree.sync_all();
    tree.check_equal({"item"});
    wait_log_short(a);
}
