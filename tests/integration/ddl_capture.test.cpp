// Statements that are given directly: what the event triggers take into the log.

#include <string>

#include "tests/integration/statements.hpp"

using namespace tromp::test;

TEST_CASE("statements go into the log as they were given, each in its order with the rows, with what it concerns") {
    CapturedNode node;
    auto& sql = node.sql;
    sql.exec("  CREATE TABLE item (nr serial PRIMARY KEY, v text) ; ");
    CHECK(node.taken() == "CREATE TABLE item (nr serial PRIMARY KEY, v text); [public.item]");
    sql.exec("BEGIN");
    sql.exec("INSERT INTO item (v) VALUES ('a')");
    sql.exec("ALTER TABLE item ADD COLUMN w int DEFAULT 3");
    sql.exec("UPDATE item SET w = 4");
    sql.exec("COMMIT");
    CHECK(node.taken() == "I[2]\nALTER TABLE item ADD COLUMN w int DEFAULT 3; [public.item]\nU[2]");
    sql.exec("ALTER TABLE item RENAME v TO \"Odd Name\"");
    sql.exec("ALTER TABLE item ALTER w TYPE bigint");
    sql.exec("ALTER TABLE item DROP COLUMN w");
    sql.exec("ALTER TABLE item RENAME TO \"Thing\"");
    sql.exec("CREATE INDEX thing_name ON \"Thing\" (\"Odd Name\")");
    sql.exec("DROP INDEX thing_name");
    sql.exec("DROP TABLE \"Thing\"");
    CHECK(node.taken() ==
          "ALTER TABLE item RENAME v TO \"Odd Name\"; [public.item]\n"
          "ALTER TABLE item ALTER w TYPE bigint; [public.item]\n"
          "ALTER TABLE item DROP COLUMN w; [public.item]\n"
          "ALTER TABLE item RENAME TO \"Thing\"; [public.item]\n"
          "CREATE INDEX thing_name ON \"Thing\" (\"Odd Name\"); [public.\"Thing\"]\n"
          "DROP INDEX thing_name; [public.\"Thing\"]\n"
          "DROP TABLE \"Thing\"; [public.\"Thing\"]");
}

TEST_CASE("a new table is captured at once, with its sequence's share") {
    CapturedNode node;
    auto& sql = node.sql;
    sql.exec("CREATE TABLE item (nr serial PRIMARY KEY, v text)");
    sql.exec("INSERT INTO item (v) VALUES ('a'), ('b')");
    CHECK(sql.value("SELECT string_agg(nr::text, ' ' ORDER BY nr) FROM item") == "2 12");
    CHECK(node.taken() == "CREATE TABLE item (nr serial PRIMARY KEY, v text); [public.item]\nI[2]\nI[12]");
}

TEST_CASE("views, functions, types, sequences, triggers, policies, rules, schemas and comments go too") {
    CapturedNode node;
    auto& sql = node.sql;
    sql.exec("CREATE TABLE item (nr int PRIMARY KEY, v text)");
    node.taken();
    std::string expected;
    const auto give = [&](const std::string& statement, const std::string& concerned = "") {
        INFO(statement);
        sql.exec(statement);
        expected += (expected.empty() ? "" : "\n") + statement + "; [" + concerned + "]";
    };
    give("CREATE TYPE mood AS ENUM ('sad')");
    give("ALTER TYPE mood ADD VALUE 'happy'");
    give("CREATE DOMAIN short AS text CHECK (length(VALUE) < 9)");
    give("CREATE OR REPLACE VIEW shown AS SELECT * FROM item");
    give("CREATE MATERIALIZED VIEW kept AS SELECT * FROM item");
    give("CREATE INDEX ON kept (nr)");
    give("CREATE SEQUENCE counter");
    give("CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2 * $1; END");
    give("CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END; $$");
    give("CREATE TRIGGER touched BEFORE INSERT ON item FOR EACH ROW EXECUTE FUNCTION touch()", "public.item");
    give("ALTER TABLE item DISABLE TRIGGER touched", "public.item");
    give("ALTER TRIGGER touched ON item RENAME TO was_touched", "public.item");
    give("DROP TRIGGER was_touched ON item", "public.item");
    give("CREATE POLICY mine ON item USING (v = CURRENT_USER)", "public.item");
    give("DROP POLICY mine ON item", "public.item");
    give("CREATE RULE nothing AS ON DELETE TO item DO INSTEAD (SELECT 1; SELECT 2)", "public.item");
    give("DROP RULE nothing ON item", "public.item");
    give("CREATE STATISTICS counted ON nr, v FROM item", "public.item");
    give("ALTER TABLE item ADD CONSTRAINT some_text CHECK (v <> '')", "public.item");
    give("COMMENT ON TABLE item IS 'what; there'' is'", "public.item");
    give("COMMENT ON COLUMN item.v IS 'its name'", "public.item");
    give("CREATE SCHEMA app CREATE TABLE inner_one (a int PRIMARY KEY) CREATE VIEW v AS SELECT 1 AS one",
         "app.inner_one");
    give("CREATE CAST (app.inner_one AS text) WITH INOUT");
    give("DROP CAST (app.inner_one AS text)");
    give("DROP FUNCTION twice(int)");
    give("DROP MATERIALIZED VIEW kept");
    give("DROP SCHEMA app CASCADE", "app.inner_one");
    CHECK(node.taken() == expected);
}

TEST_CASE("what cannot be in a transaction with its data says so") {
    CapturedNode node;
    auto& sql = node.sql;
    sql.exec("CREATE TABLE item (nr int PRIMARY KEY, v text)");
    sql.exec("CREATE INDEX CONCURRENTLY item_v ON item (v)");
    sql.exec("CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS item_u ON item (v)");
    sql.exec("DROP INDEX CONCURRENTLY item_v");
    sql.exec("CREATE TYPE mood AS ENUM ('add value')");
    sql.exec("ALTER TYPE mood ADD VALUE IF NOT EXISTS 'happy' BEFORE 'add value'");
    sql.exec("ALTER TYPE mood RENAME VALUE 'add value' TO 'sad'");
    CHECK(
        sql.value("SELECT string_agg(alone::text || tables::text, ' ' ORDER BY number) FROM replication.statements") ==
        "false{public.item} true{public.item} true{public.item} true{public.item} false{} true{} false{}");
    CHECK(sql.value("SELECT indisvalid FROM pg_index WHERE indexrelid = 'item_u'::regclass") == "t");
}

TEST_CASE("a statement is told with who gave it and with the settings that it takes to mean the same elsewhere") {
    CapturedNode node;
    auto& sql = node.sql;
    sql.exec(
        "CREATE ROLE alice; GRANT ALL ON SCHEMA public, local TO alice; SET search_path = \"$user\", no_such, local, "
        "public;"
        "SET DateStyle = 'German'; SET TimeZone = 'Asia/Tokyo'; SET IntervalStyle = 'sql_standard'; SET ROLE alice");
    sql.exec("SET check_function_bodies = off");
    sql.exec("CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'SELECT no_such_function()'");
    const auto facts = "SELECT role || ' ' || settings::text FROM replication.statements";
    sql.exec("RESET ROLE");
    CHECK(
        sql.value(facts) ==
        R"(alice {"TimeZone": "Asia/Tokyo", "DateStyle": "German, DMY", "xmloption": "content", "array_nulls": "on", )"
        R"("search_path": "local, public", "IntervalStyle": "sql_standard", "check_function_bodies": "off", )"
        R"("transform_null_equals": "off", "standard_conforming_strings": "on"})");
}

TEST_CASE("of a string with several statements those are taken that are the only ones of their kind in it") {
    CapturedNode node;
    node.sql.exec("CREATE TABLE item (nr int PRIMARY KEY); INSERT INTO item VALUES (1); CREATE INDEX ON item (nr)");
    CHECK(node.taken() ==
          "CREATE TABLE item (nr int PRIMARY KEY); [public.item]\nI[1]\nCREATE INDEX ON item (nr); [public.item]");
}

TEST_CASE("statements that are rolled back, or without effect, leave nothing") {
    CapturedNode node;
    auto& sql = node.sql;
    sql.exec("BEGIN");
    sql.exec("CREATE TABLE item (nr int PRIMARY KEY)");
    sql.exec("ROLLBACK");
    CHECK(node.taken() == "");
    sql.exec("DROP TABLE IF EXISTS item");
    sql.exec("CREATE TABLE item (nr int PRIMARY KEY)");
    node.taken();
    sql.exec("CREATE TABLE IF NOT EXISTS item (nr int PRIMARY KEY)");
    sql.exec("BEGIN");
    sql.exec("SAVEPOINT before");
    sql.exec("ALTER TABLE item ADD COLUMN v int");
    sql.exec("ROLLBACK TO before");
    sql.exec("ALTER TABLE item ADD COLUMN w int");
    sql.exec("COMMIT");
    CHECK(node.taken() == "ALTER TABLE item ADD COLUMN w int; [public.item]");
    CHECK(
        sql.value("SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'item'::regclass "
                  "AND attnum > 0") == "nr w");
}
