// replication.follow_schema(): the captured tables become what the catalogue says, in the transaction of a DDL
// statement.

#include <chrono>
#include <string>

#include "tests/integration/follow.hpp"
#include "tests/integration/taken_events.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/cluster.hpp"
#include "tests/support/database.hpp"
#include "tests/support/node.hpp"
#include "tests/support/wait_until.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

namespace {

std::string refused(Database& sql) {
    return sql.value(
        "SELECT coalesce(string_agg(relation::regclass || ': ' || reason, ' ' ORDER BY relation), '') FROM "
        "replication.refused");
}

}  // namespace

TEST_CASE("a table that a statement makes is captured as init would capture it") {
    Cluster cluster;
    Node node(cluster, 2, "work");
    node.options().tables = "[public.*, '!public.cache_*']";
    node.options().extra =
        "conflicts:\n  tables:\n    public.account: {default: node_priority, priority: [1, 2]}\n"
        "    public.invoice: {default: strongest, strength: length(status), orphans: restore_parent}\n";
    node.write_config();
    node.init_ok();
    auto& sql = node.sql();
    ddl(sql, "CREATE TABLE item (nr bigserial PRIMARY KEY, t text)");
    ddl(sql, "CREATE TABLE account (nr int PRIMARY KEY)");
    ddl(sql, "CREATE TABLE invoice (nr int PRIMARY KEY, status text)");
    ddl(sql,
        "CREATE TABLE cache_1 (nr int PRIMARY KEY); CREATE SCHEMA other; CREATE TABLE other.item (nr int PRIMARY KEY)");
    CHECK(captured(sql) == "public.account(nr) public.invoice(nr) public.item(nr)");
    CHECK(
        sql.value("SELECT string_agg(concat_ws(' ', table_name, resolver, priority, strength, orphans), ', ' ORDER BY "
                  "table_name) FROM replication.tables") ==
        "account node_priority {1,2} report, invoice strongest {} length(status) restore_parent, item "
        "last_update_wins {} report");
    CHECK(sql.number("INSERT INTO item DEFAULT VALUES RETURNING nr") == 2);
    CHECK(sql.number("INSERT INTO item DEFAULT VALUES RETURNING nr") == 12);
    CHECK(taken_events(sql) == "I[2] I[12]");
    sql.exec("INSERT INTO invoice VALUES (1, 'paid')");
    CHECK(sql.number("SELECT strength FROM replication.log") == 4);
    CHECK(sql.value("SELECT replication.follow_schema()") == "f");
    CHECK(refused(sql).empty());
}

TEST_CASE("a table that gets its key after its rows is captured then, with the rows") {
    Cluster cluster;
    Node node(cluster, 1, "home");
    node.init_ok();
    auto& sql = node.sql();
    ddl(sql, "CREATE TABLE item (a int, b text); INSERT INTO item VALUES (1, 'x')");
    CHECK_THAT(refused(sql), contains("item: it has no primary key"));
    Database user(node.conninfo());
    user.exec("BEGIN");
    user.exec("INSERT INTO item VALUES (2, 'y')");
    Database owner(node.conninfo());
    owner.async_exec("ALTER TABLE item ADD PRIMARY KEY (a, b); SELECT replication.follow_schema()");
    wait_until(patience * 10s, "the statement waits for the user", [&] { return is_blocked(sql, owner); });
    user.exec("COMMIT");
    owner.finish();
    CHECK(captured(sql) == "public.item(a,b)");
    CHECK(refused(sql).empty());
    CHECK(taken_events(sql) == R"(I[1, "x"] I[2, "y"])");
    sql.exec("INSERT INTO item VALUES (3, 'z')");
    CHECK(taken_events(sql) == R"(I[3, "z"])");
}

TEST_CASE("a transaction that cannot see all rows of the table does not capture it") {
    Cluster cluster;
    Node node(cluster, 1, "home");
    node.init_ok();
    auto& sql = node.sql();
    ddl(sql, "CREATE TABLE item (a int)");
    Database owner(node.conninfo());
    owner.exec("BEGIN ISOLATION LEVEL REPEATABLE READ");
    owner.exec("SELECT 1 FROM item");
    sql.exec("INSERT INTO item VALUES (1)");
    CHECK_THROWS_WITH(ddl(owner, "ALTER TABLE item ADD PRIMARY KEY (a)"), contains("READ COMMITTED"));
    owner.exec("ROLLBACK");
    owner.exec("BEGIN ISOLATION LEVEL REPEATABLE READ; CREATE TABLE own (a int); INSERT INTO own VALUES (1)");
    ddl(owner, "ALTER TABLE own ADD PRIMARY KEY (a)");
    owner.exec("COMMIT");
    CHECK(captured(sql) == "public.own(a)");
    CHECK(taken_events(sql) == "I[1]");
}

TEST_CASE("tables that are dropped are forgotten, and one of the same name is another one") {
    Cluster cluster;
    Node node(cluster, 1, "home");
    node.init_ok();
    auto& sql = node.sql();
    ddl(sql, "CREATE TABLE item (nr int PRIMARY KEY)");
    const auto id = sql.value("SELECT id FROM replication.tables");
    sql.exec("INSERT INTO item VALUES (1)");
    SECTION("in one statement after the other") {
        ddl(sql, "DROP TABLE item");
        CHECK(captured(sql).empty());
        CHECK(sql.number("SELECT count(*) FROM pg_proc WHERE proname ~ '^capture_[0-9]'") == 0);
        ddl(sql, "CREATE TABLE item (nr int PRIMARY KEY)");
    }
    SECTION("as a neighbour takes them, in one go") {
        ddl(sql, "DROP TABLE item; CREATE TABLE item (nr int PRIMARY KEY)");
    }
    SECTION("where nobody saw it, and init finds it") {
        sql.exec("DROP TABLE item; CREATE TABLE item (nr int PRIMARY KEY)");
        node.init_ok();
    }
    CHECK(captured(sql) == "public.item(nr)");
    CHECK(sql.value("SELECT id FROM replication.tables") != id);
    CHECK(taken_events(sql) == "");
    sql.exec("INSERT INTO item VALUES (2)");
    CHECK(taken_events(sql) == "I[2]");
}

TEST_CASE("tables and key columns that get new names keep their events") {
    Cluster cluster;
    Node node(cluster, 1, "home");
    node.init_ok();
    auto& sql = node.sql();
    ddl(sql, "CREATE TABLE a (nr int PRIMARY KEY); CREATE TABLE b (x text, y text, PRIMARY KEY (x, y))");
    sql.exec("INSERT INTO a VALUES (1); INSERT INTO b VALUES ('x', 'y')");
    ddl(sql, "ALTER TABLE a RENAME TO c; ALTER TABLE b RENAME TO a; ALTER TABLE c RENAME TO b");
    ddl(sql,
        "ALTER TABLE a RENAME COLUMN x TO z; ALTER TABLE a RENAME COLUMN y TO x; CREATE SCHEMA s; ALTER TABLE b SET "
        "SCHEMA s");
    CHECK(captured(sql) == "public.a(z,x) s.b(nr)");
    sql.exec("INSERT INTO a VALUES ('1', '2'); INSERT INTO s.b VALUES (2)");
    CHECK(sql.value("SELECT string_agg(table_name || key, ' ' ORDER BY id) FROM replication.log") ==
          R"(b[1] a["x", "y"] a["1", "2"] b[2])");
}
