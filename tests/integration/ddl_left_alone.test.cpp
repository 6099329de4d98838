// What is not replicated is neither taken nor refused, wherever it is done.

#include <initializer_list>

#include "tests/integration/statements.hpp"

using namespace tromp::test;

namespace {

void check_left_alone(CapturedNode& node, std::initializer_list<const char*> statements) {
    for (const auto* const statement : statements) {
        INFO(statement);
        node.sql.exec(statement);
        CHECK(node.taken() == "");
    }
}

}  // namespace

TEST_CASE("temporary objects, other schemas and excluded tables are left alone, in functions too") {
    CapturedNode node;
    auto& sql = node.sql;
    check_left_alone(
        node,
        {
            "CREATE TEMP TABLE t (nr serial PRIMARY KEY, v text); CREATE TEMP TABLE u AS SELECT * FROM t; DROP TABLE "
            "t, u",
            "DO $$ BEGIN CREATE TEMP TABLE t (nr serial PRIMARY KEY) ON COMMIT DROP; CREATE INDEX ON t (nr); ALTER "
            "TABLE t ADD v int; CREATE TEMP VIEW w AS SELECT * FROM t; DROP TABLE t CASCADE; END $$",
            "CREATE TABLE local.t (nr serial PRIMARY KEY, v text); CREATE INDEX i ON local.t (v); CREATE VIEW local.v "
            "AS SELECT * FROM local.t; ALTER TABLE local.t RENAME v TO w; DROP INDEX local.i; DROP TABLE local.t "
            "CASCADE",
            "DO $$ BEGIN CREATE TABLE local.a (b int); CREATE TABLE local.c AS SELECT 1 AS d; DROP TABLE local.a, "
            "local.c; END $$",
            "CREATE TABLE cache_a (nr serial PRIMARY KEY, v text); CREATE INDEX cache_i ON cache_a (v); ALTER TABLE "
            "cache_a ADD w int; COMMENT ON TABLE cache_a IS 'x'; CREATE TABLE cache_b AS SELECT * FROM cache_a",
            "DO $$ BEGIN ALTER TABLE cache_a RENAME w TO x; ALTER TABLE cache_a RENAME TO cache_c; END $$",
            "DROP INDEX cache_i",
            "DO $$ BEGIN CREATE INDEX cache_i ON cache_c (v); DROP INDEX cache_i; END $$",
            "DROP TABLE cache_c, cache_b",
            "CREATE SCHEMA other CREATE TABLE t (a int)",
            "DROP SCHEMA other CASCADE",
            "CREATE ROLE alice; GRANT ALL ON SCHEMA public TO alice",
            "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO alice",
            "CREATE FOREIGN DATA WRAPPER nowhere; CREATE SERVER s FOREIGN DATA WRAPPER nowhere; CREATE FOREIGN TABLE "
            "far (a int) SERVER s; DROP FOREIGN DATA WRAPPER nowhere CASCADE",
            "CREATE PUBLICATION p FOR ALL TABLES; DROP PUBLICATION p",
        });
    sql.exec("CREATE EXTENSION pg_trgm SCHEMA local");
    sql.exec("DROP EXTENSION pg_trgm");
    CHECK(node.taken() == "");
}

TEST_CASE("what is no change of the schema is left alone") {
    CapturedNode node;
    auto& sql = node.sql;
    sql.exec("CREATE TABLE item (nr int PRIMARY KEY, number int GENERATED ALWAYS AS IDENTITY)");
    sql.exec("CREATE SEQUENCE counter");
    sql.exec("CREATE MATERIALIZED VIEW m AS SELECT * FROM item");
    sql.exec("CREATE ROLE alice");
    node.taken();
    check_left_alone(
        node,
        {"REFRESH MATERIALIZED VIEW m", "ANALYZE", "VACUUM item", "CLUSTER item USING item_pkey", "REINDEX TABLE item",
         "GRANT SELECT ON item TO alice", "REVOKE SELECT ON item FROM alice", "ALTER TABLE item OWNER TO alice",
         "DO $$ BEGIN EXECUTE 'ALTER TABLE item OWNER TO postgres'; REFRESH MATERIALIZED VIEW m; GRANT SELECT ON item "
         "TO alice; END $$",
         "ALTER FUNCTION replication.node() OWNER TO postgres", "SET trompd.own_work = 'on'; DROP MATERIALIZED VIEW m",
         "CREATE TABLE here_alone (nr int PRIMARY KEY); RESET trompd.own_work", "ALTER SEQUENCE counter RESTART WITH 7",
         "ALTER TABLE item ALTER number RESTART", "ALTER TABLE item SET TABLESPACE pg_default"});
}

TEST_CASE("an extension is one statement, whatever its script does") {
    CapturedNode node;
    node.sql.exec("CREATE EXTENSION pg_trgm");
    node.sql.exec("CREATE EXTENSION pageinspect VERSION '1.8'");
    node.sql.exec("ALTER EXTENSION pageinspect UPDATE");  // drops and creates functions
    node.sql.exec("DROP EXTENSION pg_trgm");
    CHECK(node.taken() ==
          "CREATE EXTENSION pg_trgm; []\nCREATE EXTENSION pageinspect VERSION '1.8'; []\nALTER EXTENSION pageinspect "
          "UPDATE; []\nDROP EXTENSION pg_trgm; []");
}

TEST_CASE("what replication does to the schema by itself is none of the user's statements") {
    CapturedNode node;
    auto& sql = node.sql;
    sql.exec("CREATE TABLE item (nr serial PRIMARY KEY)");
    sql.exec("CREATE TABLE cache_a (nr serial PRIMARY KEY)");
    node.taken();
    node.node.init_ok();
    CHECK(node.node.ctl({"tables", "add", "public.cache_a"}).exit_code == 0);
    CHECK(node.node.ctl({"tables", "remove", "public.cache_a"}).exit_code == 0);
    node.node.options().max_nodes = 20;
    node.node.write_config();
    node.node.init_ok();
    CHECK(node.taken() == "");
    const auto out = node.node.ctl({"uninit"});
    CHECK(out.exit_code == 0);
    CHECK(sql.number("SELECT count(*) FROM pg_event_trigger") == 0);
    sql.exec("DROP TABLE item");
}

TEST_CASE("sessions under session_replication_role = replica are not seen, as the daemon's") {
    CapturedNode node;
    node.sql.exec("SET session_replication_role = replica");
    node.sql.exec("DO $$ BEGIN CREATE TABLE item (nr int PRIMARY KEY); END $$");
    CHECK(node.taken() == "");
}
