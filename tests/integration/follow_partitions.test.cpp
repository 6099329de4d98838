// replication.follow_schema() and partitions: those that come with their rows, and those that leave with them.

#include <string>

#include "tests/integration/follow.hpp"
#include "tests/integration/taken_events.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/cluster.hpp"
#include "tests/support/database.hpp"
#include "tests/support/node.hpp"

using namespace tromp::test;

namespace {

/// The log as "table I[1]", in order; it stays.
std::string log_of(Database& sql) {
    return sql.value(
        "SELECT coalesce(string_agg(format('%s %s%s', table_name, action, key), ', ' ORDER BY table_name, id), '') "
        "FROM "
        "replication.log");
}

}  // namespace

TEST_CASE("partitions that are made have the triggers of their table") {
    Cluster cluster;
    Node node(cluster, 1, "home");
    node.init_ok();
    auto& sql = node.sql();
    ddl(sql, "CREATE TABLE item (nr int PRIMARY KEY) PARTITION BY RANGE (nr)");
    ddl(sql, "CREATE TABLE low PARTITION OF item FOR VALUES FROM (0) TO (10)");
    ddl(sql, "CREATE TABLE high PARTITION OF item FOR VALUES FROM (10) TO (30) PARTITION BY RANGE (nr)");
    ddl(sql, "CREATE TABLE deep PARTITION OF high FOR VALUES FROM (10) TO (20)");
    CHECK(captured(sql) == "public.item(nr)");
    sql.exec(
        "INSERT INTO low VALUES (1); INSERT INTO deep VALUES (11); INSERT INTO high VALUES (12); INSERT INTO item "
        "VALUES (13)");
    CHECK(taken_events(sql) == "I[1] I[11] I[12] I[13]");
}

TEST_CASE("a partition that is attached brings what was not sent yet; rows that were never replicated are inserts") {
    Cluster cluster;
    Node node(cluster, 1, "home");
    node.options().tables = "[public.*, '!public.loaded']";
    node.write_config();
    node.init_ok();
    auto& sql = node.sql();
    ddl(sql, "CREATE TABLE item (nr int PRIMARY KEY) PARTITION BY RANGE (nr); CREATE TABLE low (nr int PRIMARY KEY)");
    ddl(sql, "CREATE TABLE loaded (nr int NOT NULL)");
    sql.exec(
        "INSERT INTO low VALUES (1), (2); DELETE FROM replication.events WHERE nr = 2; INSERT INTO loaded VALUES (11)");
    ddl(sql, "ALTER TABLE item ATTACH PARTITION low FOR VALUES FROM (0) TO (10)");
    CHECK(captured(sql) == "public.item(nr)");
    CHECK(log_of(sql) == "item I[1]");
    ddl(sql, "ALTER TABLE item ATTACH PARTITION loaded FOR VALUES FROM (10) TO (20)");
    CHECK(taken_events(sql) == "I[1] I[11]");
    sql.exec("UPDATE low SET nr = 3 WHERE nr = 1; DELETE FROM loaded");
    CHECK(taken_events(sql) == "U[3] D[1] D[11]");
    CHECK(sql.number("SELECT count(*) FROM pg_proc WHERE proname ~ '^capture_[0-9]+_insert'") == 1);
}

TEST_CASE("a partition that leaves takes along what was not sent yet") {
    Cluster cluster;
    Node node(cluster, 1, "home");
    node.options().tables = "[public.*, '!public.old']";
    node.write_config();
    node.init_ok();
    auto& sql = node.sql();
    ddl(sql,
        "CREATE TABLE item (nr int PRIMARY KEY) PARTITION BY RANGE (nr); CREATE TABLE low PARTITION OF item FOR VALUES "
        "FROM (0) TO (10);"
        "CREATE TABLE high PARTITION OF item FOR VALUES FROM (10) TO (20);"
        "CREATE TABLE old PARTITION OF item FOR VALUES FROM (20) TO (30)");
    sql.exec("INSERT INTO item VALUES (1), (2), (11), (21)");
    sql.exec("DELETE FROM replication.events WHERE nr = 2");
    sql.exec("DELETE FROM item WHERE nr = 1");
    ddl(sql, "ALTER TABLE item DETACH PARTITION low");
    CHECK(captured(sql) == "public.item(nr) public.low(nr)");
    CHECK(log_of(sql) == "item I[1], item I[11], item I[21], item D[1], low I[1], low D[1]");
    CHECK(taken_events(sql) != "");
    sql.exec("INSERT INTO low VALUES (3); INSERT INTO item VALUES (12)");
    CHECK(log_of(sql) == "item I[12], low I[3]");
    ddl(sql, "ALTER TABLE item DETACH PARTITION old");
    CHECK(captured(sql) == "public.item(nr) public.low(nr)");
    CHECK(sql.number("SELECT count(*) FROM pg_trigger WHERE tgrelid = 'old'::regclass") == 0);
}
