// Names that change while a pull reads by them.

#include "tests/support/catch.hpp"
#include "tests/support/tree.hpp"

using namespace tromp::test;

namespace {

TreeOptions two_tables() {
    TreeOptions options;
    options.schema =
        "CREATE TABLE one (nr int PRIMARY KEY, x text, y text); CREATE TABLE two (nr int PRIMARY KEY, x text, y text)";
    return options;
}

}  // namespace

TEST_CASE("tables and columns that change names between a pull's snapshot and its reading are not mistaken") {
    auto tree = Tree::chain(2, two_tables());
    auto& a = tree[0];
    auto& b = tree[1];
    tree.sync_all();
    b.stop();
    a.sql().exec(
        "INSERT INTO one VALUES (1, 'x of one', 'y of one'); INSERT INTO two VALUES (1, 'x of two', 'y of two')");
    b.faults().arm("pull.begun.1", Faults::Action::pause);
    b.start();
    b.faults().wait_reached("pull.begun.1");
    std::string change;
    SECTION("tables") {
        change = "ALTER TABLE one RENAME TO three; ALTER TABLE two RENAME TO one; ALTER TABLE three RENAME TO two";
    }
    SECTION("columns") {
        change = "ALTER TABLE one RENAME x TO z; ALTER TABLE one RENAME y TO x; ALTER TABLE one RENAME z TO y";
    }
    for (auto* const node : {&a, &b})
        node->sql().exec(change + "; SELECT replication.follow_schema()");
    b.faults().release("pull.begun.1");
    tree.sync_all();
    tree.check_equal({"one", "two"});
    CHECK(b.sql().number("SELECT count(*) FROM one") == 1);
    CHECK(b.sql().number("SELECT count(*) FROM two") == 1);
}
