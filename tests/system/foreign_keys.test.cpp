#include "tests/support/catch.hpp"
#include "tests/support/tree.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/ask.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

/// Foreign keys are not checked where changes are applied; what they would have refused is told afterwards.
namespace {

TreeOptions with_invoices(const std::string& rule = "") {
    TreeOptions options;
    options.schema =
        "CREATE TABLE customer (nr bigint PRIMARY KEY, name text);"
        "CREATE TABLE invoice (nr bigint PRIMARY KEY, customer bigint REFERENCES customer, note text);"
        "CREATE TABLE line (invoice bigint REFERENCES invoice ON UPDATE CASCADE, pos int, text text,"
        " PRIMARY KEY (invoice, pos));";
    if (!rule.empty()) {
        options.nodes.extra =
            "conflicts: {tables: {public.invoice: {orphans: " + rule + "}, public.line: {orphans: " + rule + "}}}\n";
    }
    return options;
}

/// Customer 1 with invoice 1 and its line at every node.
void fill(Tree& tree) {
    tree[0].sql().exec("INSERT INTO customer VALUES (1, 'Smith')");
    tree[0].sql().exec("INSERT INTO invoice VALUES (1, 1, 'first')");
    tree[0].sql().exec("INSERT INTO line VALUES (1, 1, 'a')");
    tree.sync_all();
}

std::string conflicts(Node& node) {
    return node.sql().value(
        "SELECT coalesce(string_agg(concat_ws(' ', type, table_name, key, other_table, other_key,"
        " other_row ->> 'note', CASE WHEN restored_at IS NOT NULL THEN 'restored' END), '; ' ORDER BY id), '')"
        " FROM replication.conflicts");
}

std::string last_conflict(Node& node) {
    return node.sql().value("SELECT max(id) FROM replication.conflicts");
}

void check_equal(Tree& tree) {
    tree.sync_all();
    tree.check_equal({"customer", "invoice", "line"});
}

/// Invoice 1 is deleted at the second node while the first one gives it another line.
void orphan_a_line(Tree& tree) {
    pause(tree[0]);
    tree[0].sql().exec("INSERT INTO line VALUES (1, 2, 'new')");
    tree[1].sql().exec("BEGIN; DELETE FROM line WHERE invoice = 1; DELETE FROM invoice WHERE nr = 1; COMMIT");
    resume(tree[0]);
}

}  // namespace

TEST_CASE(
    "a row whose parent was deleted elsewhere meanwhile is reported at both ends, and the parent can be restored") {
    auto tree = Tree::chain(2, with_invoices());
    fill(tree);
    orphan_a_line(tree);
    check_equal(tree);
    CHECK(conflicts(tree[0]) == "foreign_key_violation line [1, 2] invoice [1] first");
    CHECK(conflicts(tree[1]) == "foreign_key_violation line [1, 2] invoice [1]");
    CHECK(tree[0].sql().value("SELECT loser_row ->> 'text' FROM replication.conflicts") == "new");

    const auto list = tree[0].ctl({"conflicts", "list", "--type", "foreign_key_violation"});
    CHECK_THAT(list.out, contains("public.line") && contains("public.invoice"));
    const auto shown = tree[0].ctl({"conflicts", "show", last_conflict(tree[0])});
    CHECK_THAT(shown.out, contains("public.invoice [1]") && contains("first") && contains("new"));
    const auto unknown = tree[1].ctl({"conflicts", "restore", last_conflict(tree[1])});
    CHECK(unknown.exit_code == 1);
    CHECK_THAT(unknown.err, contains("not known at this node"));
    const auto restored = tree[0].ctl({"conflicts", "restore", last_conflict(tree[0])});
    INFO(restored.err);
    CHECK(restored.exit_code == 0);
    check_equal(tree);
    CHECK(tree[1].sql().value("SELECT note FROM invoice WHERE nr = 1") == "first");
    CHECK(tree[0].ctl({"conflicts", "restore", last_conflict(tree[0])}).exit_code == 1);
}

TEST_CASE(
    "where the table's rule says so, a deleted parent comes back for its child, and with it the parent's own parent") {
    auto tree = Tree::chain(3, with_invoices("restore_parent"));
    fill(tree);
    pause(tree[0]);
    tree[0].sql().exec("INSERT INTO line VALUES (1, 2, 'new')");
    tree[1].sql().exec(
        "BEGIN; DELETE FROM line; DELETE FROM invoice; DELETE FROM customer; INSERT INTO customer VALUES (5, 'x'); "
        "COMMIT");
    resume(tree[0]);
    check_equal(tree);
    for (const auto& node : tree.nodes()) {
        CHECK(node->sql().value("SELECT string_agg(nr || note, ' ') FROM invoice") == "1first");
        CHECK(node->sql().value("SELECT string_agg(nr || name, ' ' ORDER BY nr) FROM customer") == "1Smith 5x");
        CHECK(node->sql().value("SELECT string_agg(text, ' ') FROM line") == "new");
        wait_log_short(*node);
    }
    CHECK(conflicts(tree[0]) ==
          "foreign_key_violation line [1, 2] invoice [1] first restored; "
          "foreign_key_violation invoice [1] customer [1] restored");
}

TEST_CASE("what a backlog only sets right further on is no conflict") {
    auto options = with_invoices("restore_parent");
    options.nodes.extra += "batch: {max_rows: 10}\n";
    auto tree = Tree::chain(2, options);
    fill(tree);
    pause(tree[0]);
    // The first chunks have lines of which the rows, as they are by now, refer to invoices of the last one.
    tree[1].sql().exec("INSERT INTO line SELECT 1, n, 'moved' FROM generate_series(11, 15) n");
    for (int i = 0; i < 10; ++i)
        tree[1].sql().exec("INSERT INTO customer SELECT n, 'x' FROM generate_series(1, 9) m, LATERAL (SELECT 100 + " +
                           std::to_string(i) + " * 10 + m) o(n)");
    tree[1].sql().exec("INSERT INTO invoice VALUES (2, 109, 'second')");
    tree[1].sql().exec("INSERT INTO line SELECT 2, pos, text FROM line WHERE text = 'moved'");
    tree[1].sql().exec("UPDATE invoice SET customer = 191 WHERE nr = 1");
    resume(tree[0]);
    check_equal(tree);
    CHECK(conflicts(tree[0]) == "");
    CHECK(conflicts(tree[1]) == "");
    CHECK(tree[0].sql().number("SELECT count(*) FROM replication.suspects") == 0);
}

TEST_CASE("a row that still refers to the former key of its parent is reported") {
    auto tree = Tree::chain(2, with_invoices());
    fill(tree);
    pause(tree[0]);
    tree[0].sql().exec("INSERT INTO line VALUES (1, 2, 'new')");
    tree[1].sql().exec("UPDATE invoice SET nr = 7");
    resume(tree[0]);
    check_equal(tree);
    CHECK(conflicts(tree[0]) == "foreign_key_violation line [1, 2] invoice [1] first");
    CHECK(conflicts(tree[1]) == "foreign_key_violation line [1, 2] invoice [1]");
}

TEST_CASE("a parent that a user deletes while its child is applied is waited for, and the child reported") {
    auto tree = Tree::chain(2, with_invoices());
    fill(tree);
    tree[0].sql().exec("INSERT INTO invoice VALUES (2, 1, 'second')");
    tree.sync_all();
    Database user(tree[1].conninfo());
    user.exec("BEGIN; DELETE FROM invoice WHERE nr = 2");
    tree[0].sql().exec("INSERT INTO line VALUES (2, 1, 'late')");
    // It is applied only when the user has ended, and his delete is seen then.
    wait_value(tree[1],
               "SELECT count(*) > 0 FROM pg_stat_activity"
               " WHERE query LIKE '%replication.suspect%' AND wait_event_type = 'Lock'",
               "t");
    user.exec("COMMIT");
    check_equal(tree);
    CHECK(conflicts(tree[1]) == "foreign_key_violation line [2, 1] invoice [2]");
    CHECK(conflicts(tree[0]) == "foreign_key_violation line [2, 1] invoice [2] second");
}

TEST_CASE("deferrable constraints are told of after the batch: both rows stay, and are named") {
    TreeOptions options;
    options.schema =
        "CREATE TABLE seat (nr bigint PRIMARY KEY, place text UNIQUE DEFERRABLE INITIALLY DEFERRED);"
        "CREATE TABLE stay (nr bigint PRIMARY KEY, room int4range, days daterange,"
        " EXCLUDE USING gist (room WITH &&, days WITH &&) DEFERRABLE)";
    auto tree = Tree::chain(2, options);
    pause(tree[0]);
    tree[0].sql().exec(
        "INSERT INTO seat VALUES (1, '4b'), (11, '5a');"
        "INSERT INTO stay VALUES (1, '[7,7]', '[2026-01-01,2026-01-09)')");
    tree[1].sql().exec(
        "INSERT INTO seat VALUES (2, '4b'), (12, '6a');"
        "INSERT INTO stay VALUES (2, '[7,7]', '[2026-01-05,2026-01-12)'), (12, '[8,8]', '[2026-01-05,2026-01-12)')");
    resume(tree[0]);
    tree.sync_all();
    tree.check_equal({"seat", "stay"});
    for (const auto& node : tree.nodes()) {
        CHECK(node->sql().value("SELECT string_agg(concat_ws(' ', type, table_name, least(key, other_key), other_table,"
                                " greatest(key, other_key)), '; ' ORDER BY table_name) FROM replication.conflicts") ==
              "update_exists seat [1] seat [2]; exclusion_violation stay [1] stay [2]");
        CHECK(node->sql().number("SELECT count(*) FROM replication.held") == 0);
        const auto restored = node->ctl({"conflicts", "restore", last_conflict(*node)});
        CHECK(restored.exit_code == 1);
        CHECK_THAT(restored.err, contains("both rows are in the table"));
    }
    // Values that swap within a batch are nobody's double.
    tree[0].sql().exec("UPDATE seat SET place = CASE nr WHEN 11 THEN '6a' ELSE '5a' END WHERE nr IN (11, 12)");
    tree.sync_all();
    CHECK(tree[1].sql().number("SELECT count(*) FROM replication.conflicts") == 2);
}
