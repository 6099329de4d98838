#include "tests/support/catch.hpp"
#include "tests/support/tree.hpp"
#include "tests/system/interleaving.hpp"

using namespace tromp::test;

TEST_CASE("a row inserted between lock and look under a key whose delete is being applied is weighed against it") {
    const std::string deletes = GENERATE("delete_wins", "last_update_wins");
    TreeOptions options;
    options.schema =
        "CREATE TABLE item (nr bigint PRIMARY KEY, v text); CREATE TABLE note (id text PRIMARY KEY, v text)";
    options.nodes.extra = "conflicts: {delete: " + deletes + "}";
    auto tree = Tree::chain(2, options);
    auto& a = tree[0];
    auto& b = tree[1];
    tree.sync_all();
    hold_pulls(b);
    a.sql().exec("INSERT INTO item VALUES (5, 'gone'); DELETE FROM item");
    a.sql().exec("INSERT INTO note VALUES ('five', 'gone'); DELETE FROM note");
    advance_to(b, "pull.begun", "apply.locked");
    b.sql().exec("INSERT INTO item VALUES (5, 'late'); INSERT INTO note VALUES ('five', 'late')");
    b.faults().release("apply.locked");
    tree.sync_all();
    tree.check_equal({"item", "note"});
    CHECK(b.sql().number("SELECT count(*) FROM item") == (deletes == "delete_wins" ? 0 : 1));
    CHECK(losers(b, "item") == std::vector<std::string>{deletes == "delete_wins" ? "delete_origin_differs [5] late"
                                                                                 : "delete_origin_differs [5] -"});
    check_logs_drained(tree);
}
