// A daemon whose file says something else than its database.

#include "tests/support/catch.hpp"
#include "tests/support/tree.hpp"
#include "tests/system/items.hpp"

using namespace tromp::test;

TEST_CASE(
    "a daemon names where its file and its database disagree about the tables, and goes by the file from then on") {
    auto tree = Tree::chain(2, with_items());
    auto& a = tree[0];
    const auto patterns = [&] {
        return a.sql().value(
            "SELECT string_agg(pattern, ' ' ORDER BY pattern COLLATE \"C\") FROM replication.patterns");
    };
    a.restart();
    CHECK_THAT(a.log(), !contains("are not those of the last trompctl init"));
    a.options().tables = "[public.item, 'app.*']";
    a.options().extra = "conflicts: {delete: last_update_wins}\n";
    a.write_config();
    a.restart();
    tree.sync_all();
    CHECK_THAT(a.log(), contains("only the file has app.*, public.item") &&
                            contains("only the database had public.*") &&
                            contains("`conflicts` or `large_objects` differ"));
    CHECK(patterns() == "app.* public.item");
    CHECK(a.sql().value("SELECT delete_resolver FROM replication.rules") == "last_update_wins");
    CHECK(a.sql().value("SELECT delete_resolver FROM replication.tables") == "delete_wins");
    a.sql().exec("INSERT INTO item VALUES (1, 'one')");
    tree.sync_all();
    tree.check_equal({"item"});
}
