// Names that change while a pull reads by them.

#include "tests/support/catch.hpp"
#include "tests/support/tree.hpp"
#include "tests/system/ask.hpp"

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

TEST_CASE("a batch that comes under the old names does not write into columns that have got them meanwhile") {
    auto options = two_tables();
    options.nodes.ddl = "{capture: true}";
    auto tree = Tree::chain(2, options);
    auto& a = tree[0];
    auto& b = tree[1];
    tree.sync_all();
    const std::string change =
        GENERATE("ALTER TABLE one RENAME x TO z; ALTER TABLE one RENAME y TO x; ALTER TABLE one RENAME z TO y",
                 "ALTER TABLE one RENAME y TO z; ALTER TABLE one RENAME x TO y; ALTER TABLE one ADD x text");
    INFO(change);
    b.faults().arm("stage.events.1", Faults::Action::pause);
    // Its statement must not come before.
    a.faults().arm("pull.begun.2", Faults::Action::pause);
    a.sql().exec("INSERT INTO one VALUES (1, 'x', 'y')");
    b.faults().wait_reached("stage.events.1");
    a.faults().wait_reached("pull.begun.2");
    b.sql().exec("SELECT replication.ddl('" + change + "')");
    b.faults().release("stage.events.1");
    wait_error(b, a, "waits until a has read a statement about it");
    a.faults().release("pull.begun.2");
    tree.sync_all();
    tree.check_equal({"one"});
    CHECK(b.sql().value("SELECT y FROM one") == "x");
}
