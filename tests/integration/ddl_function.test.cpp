// replication.ddl(): statements that are given to be run here and everywhere; and where no event triggers are.

#include <string>

#include "tests/integration/statements.hpp"

using namespace tromp::test;

namespace {

std::string ddl(const std::string& statements) {
    return "SELECT replication.ddl($ddl$" + statements + "$ddl$)";
}

}  // namespace

TEST_CASE("replication.ddl() takes several statements, also of one kind and in functions") {
    CapturedNode node;
    auto& sql = node.sql;
    sql.exec(
        ddl("CREATE TABLE a (nr int PRIMARY KEY, v text DEFAULT ';'); -- and ;\n"
            "CREATE TABLE b (nr int PRIMARY KEY);; /* ; */\n"
            "CREATE FUNCTION f() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN 'a;b'; END; $$;"
            "COMMENT ON TABLE a IS E'it\\';s'"));
    CHECK(node.taken() ==
          "CREATE TABLE a (nr int PRIMARY KEY, v text DEFAULT ';'); [public.a]\n"
          "CREATE TABLE b (nr int PRIMARY KEY); [public.b]\n"
          "CREATE FUNCTION f() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN 'a;b'; END; $$; []\n"
          "COMMENT ON TABLE a IS E'it\\';s'; [public.a]");
    sql.exec(
        "DO $do$ BEGIN PERFORM replication.ddl('CREATE INDEX i ON a (v); DROP INDEX i; ALTER TABLE b ADD w int'); END "
        "$do$");
    sql.exec("SET search_path = replication, public");
    sql.exec("SELECT ddl('DROP TABLE b')");
    CHECK(node.taken() ==
          "CREATE INDEX i ON a (v); [public.a]\nDROP INDEX i; [public.a]\nALTER TABLE b ADD w int; [public.b]\n"
          "DROP TABLE b; [public.b]");
}

TEST_CASE("replication.ddl() runs as who calls it, who may be anybody") {
    CapturedNode node;
    auto& sql = node.sql;
    sql.exec("CREATE TABLE item (nr int PRIMARY KEY)");
    node.taken();
    sql.exec("CREATE ROLE alice; GRANT ALL ON SCHEMA public TO alice; SET ROLE alice");
    CHECK_THROWS_WITH(sql.exec(ddl("DROP TABLE item")), contains("must be owner of table item"));
    sql.exec(ddl("CREATE TABLE hers (nr int PRIMARY KEY)"));
    CHECK_THROWS_WITH(sql.exec("SELECT replication.log_statement('DROP TABLE item')"), contains("permission denied"));
    CHECK_THROWS_WITH(sql.exec("SELECT replication.record_statement('DROP TABLE item', false, '{}', 'postgres', '{}')"),
                      contains("permission denied"));
    CHECK_THROWS_WITH(sql.exec("INSERT INTO replication.statements SELECT * FROM replication.statements"),
                      contains("permission denied"));
    sql.exec("RESET ROLE");
    CHECK(sql.value("SELECT role || ' ' || statement FROM replication.statements") ==
          "alice CREATE TABLE hers (nr int PRIMARY KEY)");
}

TEST_CASE("the error of one statement undoes all that were given to replication.ddl() with it") {
    CapturedNode node;
    auto& sql = node.sql;
    CHECK_THROWS_WITH(sql.exec(ddl("CREATE TABLE a (nr int PRIMARY KEY); CREATE TABLE b (nr no_such_type)")),
                      contains("type \"no_such_type\" does not exist"));
    CHECK_THROWS_WITH(sql.exec(ddl("CREATE TABLE a (nr int PRIMARY KEY); CREATE TABLE b AS SELECT 1")),
                      contains("CREATE TABLE AS public.b cannot be replicated"));
    CHECK(node.taken() == "");
    CHECK(sql.number("SELECT count(*) FROM pg_class WHERE relname IN ('a', 'b')") == 0);
}

TEST_CASE("replication.ddl() takes nothing but what changes the schema, and only what is replicated") {
    CapturedNode node;
    CHECK_THAT(node.refusal(ddl("SELECT 1")), contains("not a statement that changes the schema: SELECT 1"));
    CHECK_THAT(node.refusal(ddl("SELECT 1")),
               contains("HINT:  Only CREATE, ALTER, DROP and COMMENT go to the other nodes "
                        "this way; rows go by themselves."));
    CHECK_THAT(node.refusal(ddl("DO $$ BEGIN END $$")), contains("not a statement that changes the schema: DO"));
    CHECK_THAT(node.refusal(ddl("GRANT ALL ON SCHEMA public TO postgres")), contains("not a statement"));
    CHECK_THAT(node.refusal(ddl("CREATE TABLE local.t (a int)")),
               contains("concerns nothing that is replicated: CREATE TABLE local.t (a int)"));
    CHECK_THAT(node.refusal(ddl("CREATE TEMP TABLE t (a int)")), contains("concerns nothing that is replicated: "));
    CHECK_THAT(node.refusal(ddl("CREATE ROLE carol")),
               contains("concerns nothing that is replicated: CREATE ROLE carol"));
    CHECK_THAT(node.refusal(ddl("CREATE ROLE carol")),
               contains("HINT:  Rights, owners, tablespaces, numbers of sequences, and what `tables` in the "
                        "configuration does not match are each "
                        "node's own. Give the statement directly, at every node that needs it."));
    node.sql.exec(ddl("DROP TABLE IF EXISTS no_such_table"));
    node.sql.exec(ddl(" ; -- nothing"));
    CHECK(node.taken() == "");
}

TEST_CASE("replication.ddl() refuses what cannot run in a function") {
    CapturedNode node;
    auto& sql = node.sql;
    sql.exec("CREATE TABLE item (nr int PRIMARY KEY, v text)");
    node.taken();
    CHECK_THROWS_WITH(sql.exec(ddl("CREATE INDEX CONCURRENTLY i ON item (v)")),
                      contains("this cannot run in a function: CREATE INDEX CONCURRENTLY") &&
                          contains("HINT:  Give it by itself, or to trompctl ddl."));
    sql.exec("SET session_replication_role = replica");
    CHECK_THROWS_WITH(sql.exec(ddl("DROP TABLE item")),
                      contains("session_replication_role is replica: what this session does is not replicated"));
}

TEST_CASE("where no event triggers are, the owner's replication.ddl() logs by itself, and others are told") {
    CapturedNode node;
    auto& sql = node.sql;
    node.node.options().extra = "ddl: {capture: false}\n";
    node.node.write_config();
    node.node.init_ok();
    CHECK(sql.number("SELECT count(*) FROM pg_event_trigger") == 0);
    sql.exec("CREATE TABLE unseen (nr int PRIMARY KEY)");
    sql.exec(
        ddl("CREATE TABLE item (nr serial PRIMARY KEY, v text); CREATE INDEX item_v ON item (v);"
            "ALTER TABLE item RENAME nr TO number; ALTER TABLE public.item RENAME TO \"Thing\";"
            "DROP INDEX item_v; DROP TABLE \"Thing\"; CREATE VIEW v AS SELECT 1 AS a"));
    CHECK(node.taken() ==
          "CREATE TABLE item (nr serial PRIMARY KEY, v text); [public.item]\n"
          "CREATE INDEX item_v ON item (v); [public.item]\n"
          "ALTER TABLE item RENAME nr TO number; [public.item]\n"
          "ALTER TABLE public.item RENAME TO \"Thing\"; [public.item]\n"
          "DROP INDEX item_v; []\n"
          "DROP TABLE \"Thing\"; [public.\"Thing\"]\n"
          "CREATE VIEW v AS SELECT 1 AS a; []");
    sql.exec(ddl("CREATE TABLE item (nr int PRIMARY KEY)"));
    node.taken();
    CHECK_THAT(node.refusal(ddl("ALTER TABLE item ALTER nr TYPE text")),
               contains("cannot be replicated, the key of "
                        "public.item would be of type (text)"));
    CHECK_THAT(node.refusal(ddl("CREATE TABLE t AS SELECT 1 AS a")),
               contains("cannot be replicated, the table gets no key"));
    CHECK_THAT(node.refusal(ddl("ALTER TABLE item OWNER TO postgres")),
               contains("owners, tablespaces and the numbers of sequences are each node's own"));
    sql.exec("CREATE INDEX CONCURRENTLY i ON item (nr)");
    sql.exec("SELECT replication.log_statement('CREATE INDEX CONCURRENTLY i ON item (nr)')");
    CHECK(sql.value("SELECT alone::text || tables::text FROM replication.statements") == "true{public.item}");
    sql.exec("CREATE ROLE alice; GRANT ALL ON SCHEMA public TO alice; SET ROLE alice");
    CHECK_THROWS_WITH(sql.exec(ddl("CREATE TABLE hers (nr int PRIMARY KEY)")),
                      contains("statements cannot be told to the other nodes by role alice") &&
                          contains("HINT:  Give the statement to trompctl ddl."));
}
