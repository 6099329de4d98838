#include "tests/support/catch.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/ask.hpp"
#include "tests/system/interleaving.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

/// What the recheck logs again may be weighed at the other end against a row that it did not know of: see
/// docs/how-it-works.md, 5.
namespace {

/// a deletes its row; while b takes that delete for a key that it has no row of, both write that key.
void meet(Tree& tree, const std::string& first_of_a, const std::string& of_a, const std::string& of_b) {
    auto& a = tree[0];
    auto& b = tree[1];
    hold_pulls(a);
    hold_pulls(b);
    a.sql().exec(first_of_a);
    a.sql().exec("DELETE FROM item");
    // b has looked and found neither a row to lock nor a change.
    advance_to(b, "pull.begun", "apply.looked");
    a.sql().exec(of_a);
    b.sql().exec(of_b);
    // a reads it before it can see that b has the delete, and decides: its side has the delete, so b's row loses.
    advance_to(a, "pull.begun", "apply.before_commit");
    // b commits the delete, logs its changes again, and reads a's row before that decision is there.
    advance_to(b, "apply.looked", "apply.committed");
    advance_to(b, "apply.committed", "apply.before_commit");
    // a decides, reads what b logged again, and decides once more before it can see that b knows its row.
    const auto position = "SELECT snapshot FROM replication.positions";
    a.faults().release("apply.before_commit");
    wait_said(a, "conflicts=1");
    const auto first = a.sql().value(position);
    wait_until(30s, "a reads what b logged again", [&] { return a.sql().value(position) != first; });
    for (const auto& node : tree.nodes())
        node->faults().clear();
    tree.sync_all();
    tree.check_equal({"item"});
    check_logs_drained(tree);
}

}  // namespace

TEST_CASE("an insert that is logged again meets a row made after the delete, and both ends decide alike") {
    TreeOptions options;
    options.schema = "CREATE TABLE item (nr bigint PRIMARY KEY, v text)";
    auto tree = Tree::chain(2, options);
    meet(tree, "INSERT INTO item VALUES (1, 'first')", "INSERT INTO item VALUES (1, 'of a')",
         "INSERT INTO item VALUES (1, 'of b')");  // the later of the two
}

TEST_CASE("changes that are logged again are as strong together as they were, and both ends decide alike") {
    TreeOptions options;
    options.schema = "CREATE TABLE item (nr bigint PRIMARY KEY, s int)";
    options.nodes.extra =
        "conflicts: {tables: {public.item: {default: strongest, strength: s, delete: last_update_wins}}}\n";
    auto tree = Tree::chain(2, options);
    meet(tree, "INSERT INTO item VALUES (1, 9)", "INSERT INTO item VALUES (1, 5)",
         "INSERT INTO item VALUES (1, 8); DELETE FROM item; INSERT INTO item VALUES (1, 1)");
    CHECK(tree[0].sql().value("SELECT s FROM item") == "1");
}
