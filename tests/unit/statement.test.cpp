// What the parser says of schema statements, and what it keeps out.

#include "common/statement.hpp"

#include <random>
#include <string>
#include <vector>

#include "common/error.hpp"
#include "tests/support/catch.hpp"

using namespace tromp;
using tromp::test::contains;

namespace {

std::string tables_of(std::string_view text) {
    std::string names;
    for (const auto& table : parse_statement(text).tables)
        names += (names.empty() ? "" : " ") + table.schema + (table.schema.empty() ? "" : ".") + table.name;
    return names;
}

std::string kind_of(std::string_view text) {
    return parse_statement(text).kind;
}

std::string refusal_of(std::string_view text) {
    try {
        parse_statements(text);
    } catch (const Error& error) {
        return error.what();
    }
    return {};
}

std::vector<std::string> texts_of(std::string_view text) {
    std::vector<std::string> texts;
    for (const auto& statement : parse_statements(text))
        texts.push_back(statement.text);
    return texts;
}

std::string fingerprint_of(std::string_view text) {
    return parse_statement(text).fingerprint;
}

std::string repeated(std::string_view text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i)
        all += text;
    return all;
}

}  // namespace

TEST_CASE("a text is split into its statements, each from its first word to its last") {
    const auto texts = texts_of("  -- first; not last\n CREATE TABLE a (nr int); /* ; */ ;;DROP TABLE b ; -- end;\n");
    CHECK(texts == std::vector<std::string>{"CREATE TABLE a (nr int)", "DROP TABLE b"});
    CHECK(texts_of("CREATE TABLE ü (ä text); DROP TABLE ö").back() == "DROP TABLE ö");
}

TEST_CASE("a semicolon within quotes, comments, rules and bodies ends no statement") {
    for (const char* text : {
             "COMMENT ON TABLE a IS 'x; y'",
             "COMMENT ON TABLE a IS E'it\\'s; y'",
             "COMMENT ON TABLE a IS U&'\\0041; y'",
             "COMMENT ON TABLE \"a;b\" IS 'x'",
             "DROP /* one; /* two; */ three; */ TABLE a",
             "DROP -- one;\n TABLE a",
             "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$BEGIN PERFORM 1; RETURN 2; END$$",
             "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $a$SELECT $$;$$; SELECT 1;$a$",
             "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 2 END; END",
             "CREATE RULE r AS ON INSERT TO t DO ALSO (INSERT INTO u VALUES (1); INSERT INTO v VALUES (2))",
         }) {
        CAPTURE(text);
        CHECK(texts_of(std::string(text) + ";DROP TABLE b") == std::vector<std::string>{text, "DROP TABLE b"});
        CHECK(parse_statement(std::string(text) + " ; ").text == text);
    }
}

TEST_CASE("a statement has the name of its command tag") {
    CHECK(kind_of("CREATE TABLE a (nr int)") == "CREATE TABLE");
    CHECK(kind_of("create unlogged table if not exists a (nr int)") == "CREATE TABLE");
    CHECK(kind_of("ALTER TABLE a ADD b int, DROP c") == "ALTER TABLE");
    CHECK(kind_of("ALTER TABLE a RENAME b TO c") == "ALTER TABLE");
    CHECK(kind_of("ALTER TABLE a ENABLE TRIGGER ALL") == "ALTER TABLE");
    CHECK(kind_of("ALTER TABLE a DISABLE TRIGGER g") == "ALTER TABLE");
    CHECK(kind_of("ALTER TABLE a RENAME CONSTRAINT b TO c") == "ALTER TABLE");
    CHECK(kind_of("ALTER TABLE a SET SCHEMA s") == "ALTER TABLE");
    CHECK(kind_of("ALTER VIEW v RENAME COLUMN a TO b") == "ALTER VIEW");
    CHECK(kind_of("ALTER TYPE t RENAME ATTRIBUTE a TO b") == "ALTER TYPE");
    CHECK(kind_of("ALTER TYPE t ADD ATTRIBUTE a int") == "ALTER TYPE");
    CHECK(kind_of("ALTER TYPE t RENAME VALUE 'a' TO 'b'") == "ALTER TYPE");
    CHECK(kind_of("CREATE TYPE t AS ENUM ('a')") == "CREATE TYPE");
    CHECK(kind_of("CREATE TYPE t AS (a int)") == "CREATE TYPE");
    CHECK(kind_of("CREATE TYPE t AS RANGE (subtype = int)") == "CREATE TYPE");
    CHECK(kind_of("CREATE DOMAIN d AS int CHECK (value > 0)") == "CREATE DOMAIN");
    CHECK(kind_of("ALTER DOMAIN d RENAME CONSTRAINT a TO b") == "ALTER DOMAIN");
    CHECK(kind_of("CREATE UNIQUE INDEX ON a (b)") == "CREATE INDEX");
    CHECK(kind_of("DROP INDEX i") == "DROP INDEX");
    CHECK(kind_of("DROP FUNCTION s.f(int), g") == "DROP FUNCTION");
    CHECK(kind_of("DROP SCHEMA s CASCADE") == "DROP SCHEMA");
    CHECK(kind_of("DROP OPERATOR CLASS o USING btree") == "DROP OPERATOR CLASS");
    CHECK(kind_of("DROP CAST (int AS text)") == "DROP CAST");
    CHECK(kind_of("CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'") == "CREATE FUNCTION");
    CHECK(kind_of("CREATE PROCEDURE p() LANGUAGE sql AS ''") == "CREATE PROCEDURE");
    CHECK(kind_of("ALTER PROCEDURE p SET search_path = s") == "ALTER PROCEDURE");
    CHECK(kind_of("CREATE AGGREGATE g(int) (sfunc = f, stype = int)") == "CREATE AGGREGATE");
    CHECK(kind_of("CREATE COLLATION c FROM \"C\"") == "CREATE COLLATION");
    CHECK(kind_of("CREATE VIEW v AS SELECT 1") == "CREATE VIEW");
    CHECK(kind_of("CREATE MATERIALIZED VIEW v AS SELECT 1") == "CREATE MATERIALIZED VIEW");
    CHECK(kind_of("CREATE SEQUENCE s") == "CREATE SEQUENCE");
    CHECK(kind_of("ALTER SEQUENCE s MAXVALUE 9 OWNED BY t.c") == "ALTER SEQUENCE");
    CHECK(kind_of("CREATE EXTENSION IF NOT EXISTS citext") == "CREATE EXTENSION");
    CHECK(kind_of("ALTER EXTENSION citext UPDATE") == "ALTER EXTENSION");
    CHECK(kind_of("COMMENT ON COLUMN a.b IS 'x'") == "COMMENT");
    CHECK(kind_of("CREATE STATISTICS s ON a, b FROM t") == "CREATE STATISTICS");
    CHECK(kind_of("DROP POLICY p ON t") == "DROP POLICY");
    CHECK(kind_of("CREATE TEXT SEARCH CONFIGURATION c (parser = p)") == "CREATE TEXT SEARCH CONFIGURATION");
}

TEST_CASE("a statement names the tables that it concerns, as the catalogue spells them") {
    CHECK(tables_of("CREATE TABLE Public.\"Odd.Name\" (nr int)") == "public.Odd.Name");
    CHECK(tables_of("CREATE TABLE \"a\"\"b\" (nr int)") == "a\"b");
    CHECK(tables_of("CREATE TABLE c (nr int REFERENCES s.p, m int, FOREIGN KEY (m) REFERENCES q)") == "c s.p q");
    CHECK(tables_of("CREATE TABLE c (nr int REFERENCES c)") == "c");
    CHECK(tables_of("CREATE TABLE c (LIKE other) INHERITS (s.p)") == "c s.p");
    CHECK(tables_of("CREATE TABLE c PARTITION OF s.p FOR VALUES IN (1)") == "c s.p");
    CHECK(tables_of("ALTER TABLE ONLY s.c ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES p (b)") == "s.c p");
    CHECK(tables_of("ALTER TABLE c ADD a int REFERENCES p") == "c p");
    CHECK(tables_of("ALTER TABLE p ATTACH PARTITION s.c DEFAULT") == "p s.c");
    CHECK(tables_of("ALTER TABLE c INHERIT p") == "c p");
    CHECK(tables_of("ALTER TABLE s.a RENAME TO b") == "s.a s.b");
    CHECK(tables_of("ALTER TABLE s.a RENAME x TO y") == "s.a");
    CHECK(tables_of("ALTER TABLE s.a SET SCHEMA t") == "s.a t.a");
    CHECK(tables_of("DROP TABLE IF EXISTS a, s.b CASCADE") == "a s.b");
    CHECK(tables_of("CREATE INDEX i ON s.t (a)") == "s.t");
    CHECK(tables_of("CREATE CONSTRAINT TRIGGER g AFTER INSERT ON s.t FROM u FOR EACH ROW EXECUTE FUNCTION f()") ==
          "s.t u");
    CHECK(tables_of("ALTER TRIGGER g ON s.t RENAME TO h") == "s.t");
    CHECK(tables_of("DROP TRIGGER g ON s.t") == "s.t");
    CHECK(tables_of("CREATE POLICY p ON s.t USING (true)") == "s.t");
    CHECK(tables_of("ALTER POLICY p ON s.t USING (true)") == "s.t");
    CHECK(tables_of("ALTER POLICY p ON s.t RENAME TO q") == "s.t");
    CHECK(tables_of("DROP POLICY p ON s.t") == "s.t");
    CHECK(tables_of("CREATE RULE r AS ON UPDATE TO s.t DO INSTEAD NOTHING") == "s.t");
    CHECK(tables_of("DROP RULE r ON s.t") == "s.t");
    CHECK(tables_of("CREATE STATISTICS x ON a, b FROM s.t") == "s.t");
    CHECK(tables_of("COMMENT ON TABLE s.t IS 'x'") == "s.t");
    CHECK(tables_of("COMMENT ON COLUMN s.t.c IS 'x'") == "s.t");
    CHECK(tables_of("COMMENT ON CONSTRAINT c ON s.t IS 'x'") == "s.t");
    CHECK(tables_of("COMMENT ON TRIGGER g ON s.t IS 'x'") == "s.t");
    CHECK(tables_of("DROP TABLE data.s.t") == "s.t");
}

TEST_CASE("where the text does not tell, no table is named") {
    for (const char* text :
         {"DROP INDEX i", "DROP SEQUENCE s", "DROP TYPE t CASCADE", "DROP VIEW v", "DROP SCHEMA s CASCADE",
          "DROP FUNCTION f", "ALTER TYPE t ADD VALUE 'x'", "CREATE VIEW v AS SELECT * FROM t",
          "ALTER INDEX i RENAME TO j", "ALTER INDEX i ATTACH PARTITION j", "ALTER TYPE t RENAME ATTRIBUTE a TO b",
          "COMMENT ON CONSTRAINT c ON DOMAIN d IS 'x'", "ALTER VIEW v RENAME COLUMN a TO b",
          "CREATE MATERIALIZED VIEW m AS SELECT * FROM t", "COMMENT ON FUNCTION f IS 'x'",
          "ALTER FUNCTION f() SET SCHEMA s"}) {
        CAPTURE(text);
        CHECK(tables_of(text).empty());
    }
}

TEST_CASE("a schema's elements count as statements of their own, in that schema") {
    const auto statement = parse_statement(
        "CREATE SCHEMA s CREATE TABLE t (a int REFERENCES o.p) CREATE INDEX ON t (a)"
        " CREATE VIEW v AS SELECT 1");
    CHECK(statement.kind == "CREATE SCHEMA");
    REQUIRE(statement.tables.size() == 2);
    CHECK(statement.tables[0] == TableName{"s", "t"});
    CHECK(statement.tables[1] == TableName{"o", "p"});
    CHECK_THAT(refusal_of("CREATE SCHEMA s GRANT SELECT ON t TO joe"), contains("each node's own"));
    CHECK_THAT(refusal_of("CREATE SCHEMA s CREATE TEMP TABLE t (a int)"), contains("temporary"));
}

TEST_CASE("what cannot be in a transaction with others is known") {
    for (const char* text :
         {"CREATE INDEX CONCURRENTLY i ON t (a)", "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a)",
          "DROP INDEX CONCURRENTLY i", "ALTER TABLE p DETACH PARTITION c CONCURRENTLY", "ALTER TYPE t ADD VALUE 'x'",
          "ALTER TYPE t ADD VALUE IF NOT EXISTS 'x' BEFORE 'y'"}) {
        CAPTURE(text);
        CHECK(parse_statement(text).alone);
    }
    for (const char* text : {"CREATE INDEX i ON t (a)", "DROP INDEX i", "ALTER TABLE p DETACH PARTITION c",
                             "ALTER TYPE t RENAME VALUE 'x' TO 'y'", "CREATE TABLE t (a int)"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_statement(text).alone);
    }
}

TEST_CASE("what is not to be replicated is refused, with the way") {
    struct Case {
        const char* text;
        const char* part;
    };
    for (const auto& [text, part] : std::vector<Case>{
             {"INSERT INTO t VALUES (1)", "INSERT cannot be replicated: it changes data"},
             {"UPDATE t SET a = 1", "run it directly"},
             {"DELETE FROM t", "it changes data"},
             {"MERGE INTO t USING u ON true WHEN MATCHED THEN DELETE", "it changes data"},
             {"WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d", "changes no schema"},
             {"TRUNCATE t", "it changes data"},
             {"COPY t FROM '/etc/passwd'", "it changes data"},
             {"COPY t TO PROGRAM 'rm'", "it changes data"},
             {"SELECT 1", "it changes no schema"},
             {"VALUES (1)", "it changes no schema"},
             {"TABLE t", "it changes no schema"},
             {"EXPLAIN ANALYZE CREATE TABLE t AS SELECT 1", "it changes no schema"},
             {"CREATE TABLE t AS SELECT 1 AS nr", "CREATE TABLE and a primary key"},
             {"CREATE TABLE t AS EXECUTE p", "CREATE TABLE and a primary key"},
             {"SELECT 1 AS nr INTO t", "CREATE TABLE and a primary key"},
             {"DO $$BEGIN CREATE TABLE t (a int); END$$", "give the schema statements"},
             {"CALL p()", "give the schema statements"},
             {"PREPARE x AS SELECT 1", "give the schema statements"},
             {"EXECUTE x", "give the schema statements"},
             {"BEGIN", "leave it out"},
             {"COMMIT", "leave it out"},
             {"ROLLBACK TO SAVEPOINT s", "leave it out"},
             {"PREPARE TRANSACTION 'x'", "leave it out"},
             {"LOCK TABLE t", "leave it out"},
             {"SET search_path = s", "run it directly, before"},
             {"SET LOCAL ROLE joe", "run it directly, before"},
             {"RESET ALL", "run it directly, before"},
             {"DISCARD ALL", "run it directly, before"},
             {"LISTEN x", "run it directly, before"},
             {"GRANT SELECT ON t TO joe", "at every node"},
             {"REVOKE ALL ON SCHEMA s FROM PUBLIC", "at every node"},
             {"GRANT joe TO jim", "at every node"},
             {"ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO joe", "at every node"},
             {"ALTER TABLE t OWNER TO joe", "at every node"},
             {"ALTER TABLE t ADD a int, OWNER TO joe", "at every node"},
             {"ALTER SCHEMA s OWNER TO joe", "at every node"},
             {"CREATE USER joe PASSWORD 'secret'", "at every node"},
             {"ALTER ROLE joe SET search_path = s", "at every node"},
             {"DROP OWNED BY joe", "at every node"},
             {"REASSIGN OWNED BY joe TO jim", "at every node"},
             {"SECURITY LABEL ON TABLE t IS 'x'", "at every node"},
             {"CREATE DATABASE d", "its server"},
             {"DROP DATABASE d", "its server"},
             {"ALTER DATABASE d RENAME TO e", "its server"},
             {"COMMENT ON DATABASE d IS 'x'", "its server"},
             {"COMMENT ON ROLE r IS 'x'", "its server"},
             {"ALTER ROLE a RENAME TO b", "its server"},
             {"ALTER SYSTEM SET work_mem = '1MB'", "its server"},
             {"CREATE TABLESPACE x LOCATION '/x'", "its server"},
             {"CREATE PUBLICATION p", "its server"},
             {"CREATE SUBSCRIPTION s CONNECTION 'password=secret' PUBLICATION p", "its server"},
             {"CREATE SERVER s FOREIGN DATA WRAPPER w", "its server"},
             {"DROP SERVER s", "its server"},
             {"CREATE USER MAPPING FOR joe SERVER s OPTIONS (password 'secret')", "its server"},
             {"CREATE EVENT TRIGGER e ON sql_drop EXECUTE FUNCTION f()", "its server"},
             {"DROP EVENT TRIGGER e", "its server"},
             {"DROP ACCESS METHOD m", "its server"},
             {"VACUUM FULL t", "at every node that needs it"},
             {"ANALYZE", "at every node that needs it"},
             {"CLUSTER t USING i", "at every node that needs it"},
             {"CHECKPOINT", "at every node that needs it"},
             {"REINDEX TABLE t", "at every node that needs it"},
             {"REINDEX INDEX CONCURRENTLY i", "at every node that needs it"},
             {"ALTER TABLE t SET TABLESPACE x", "at every node that needs it"},
             {"CREATE FOREIGN TABLE f (a int) SERVER s", "its server"},
             {"ALTER FOREIGN TABLE f ADD a int", "its server"},
             {"CREATE LANGUAGE x HANDLER h", "its server"},
             {"DROP TRANSFORM FOR int LANGUAGE sql", "its server"},
             {"REINDEX DATABASE d", "at every node that needs it"},
             {"REINDEX SCHEMA CONCURRENTLY s", "at every node that needs it"},
             {"REFRESH MATERIALIZED VIEW m", "at every node that needs it"},
             {"ALTER TABLE ALL IN TABLESPACE a SET TABLESPACE b", "at every node that needs it"},
             {"CREATE TEMP TABLE t (a int)", "one session's own"},
             {"CREATE TABLE pg_temp.t (a int)", "one session's own"},
             {"CREATE TEMPORARY VIEW v AS SELECT 1", "one session's own"},
             {"CREATE TEMP SEQUENCE s", "one session's own"},
             {"CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS 'SELECT 1'", "one session's own"},
             {"DROP TABLE a, pg_temp_3.t", "one session's own"},
             {"CREATE INDEX ON pg_temp.t (a)", "one session's own"},
             {"CREATE TYPE pg_temp.t AS (a int)", "one session's own"},
             {"ALTER SEQUENCE s RESTART", "trompctl sequences"},
             {"ALTER SEQUENCE s INCREMENT BY 2", "trompctl sequences"},
             {"ALTER TABLE t ALTER a RESTART WITH 5", "trompctl sequences"},
             {"DROP TABLE replication.events", "schema replication is each node's own"},
             {"DROP SCHEMA s, replication CASCADE", "schema replication is each node's own"},
             {"ALTER SCHEMA replication RENAME TO r", "schema replication is each node's own"},
             {"ALTER SCHEMA r RENAME TO replication", "schema replication is each node's own"},
             {"ALTER TABLE t SET SCHEMA replication", "schema replication is each node's own"},
             {"CREATE SCHEMA replication", "schema replication is each node's own"},
             {"CREATE OR REPLACE FUNCTION replication.node() RETURNS int LANGUAGE sql AS 'SELECT 1'",
              "schema replication is each node's own"},
             {"COMMENT ON COLUMN replication.events.id IS 'x'", "schema replication is each node's own"},
             {"DROP TRIGGER trompd_insert ON t", "what captures changes"},
             {"ALTER TRIGGER trompd_insert ON t RENAME TO x", "what captures changes"},
             {"ALTER TABLE t DISABLE TRIGGER trompd_insert", "what captures changes"},
             {"ALTER TABLE t DISABLE TRIGGER ALL", "name the triggers"},
             {"ALTER TABLE t DISABLE TRIGGER USER", "name the triggers"},
             {"ALTER TABLE t ENABLE ALWAYS TRIGGER g", "without ALWAYS"},
             {"ALTER TABLE t DETACH PARTITION c FINALIZE", "interrupted at one node"},
         }) {
        CAPTURE(text);
        const auto said = refusal_of(text);
        CHECK_THAT(said, contains("cannot be replicated: "));
        CHECK_THAT(said, contains(part));
        CHECK(said.find("secret") == said.npos);
    }
}

TEST_CASE("one bad statement refuses all, and is named") {
    CHECK_THAT(refusal_of("CREATE TABLE a (nr int); INSERT INTO a VALUES (1); DROP TABLE b"),
               contains("statement 2 of 3: INSERT cannot be replicated"));
}

TEST_CASE("what cannot be parsed is refused with the place") {
    CHECK_THAT(refusal_of("CREATE TABLE a (nr int);\n CREATE TABEL b (nr int)"),
               contains("syntax error at or near \"TABEL\" in line 2, column 9"));
    CHECK_THAT(refusal_of("ALTER TABLE ü ADD §"), contains("line 1"));
    CHECK_THAT(refusal_of("COMMENT ON TABLE a IS 'open"), contains("unterminated quoted string"));
    CHECK_THAT(refusal_of("DROP TABLE a /* open"), contains("unterminated /* comment"));
    CHECK_THAT(refusal_of("CREATE TABLE a (nr int)) x"), contains("cannot be parsed"));
}

TEST_CASE("a text without a statement is a mistake of usage") {
    for (const char* text : {"", "  \n", ";;", "-- nothing", "/* nothing */ ;"}) {
        CAPTURE(text);
        try {
            parse_statements(text);
            FAIL("nothing was thrown");
        } catch (const Error& error) {
            CHECK(error.code() == Exit::usage);
            CHECK_THAT(error.what(), contains("there is no statement"));
        }
    }
}

TEST_CASE("exactly one statement is one") {
    CHECK(parse_statement("DROP TABLE a;").text == "DROP TABLE a");
    CHECK_THROWS_WITH(parse_statement("DROP TABLE a; DROP TABLE b"), contains("2 statements"));
}

TEST_CASE("a fingerprint sees the statement, not its white space, case and comments") {
    CHECK(fingerprint_of("CREATE TABLE a.b (nr int DEFAULT 1)") ==
          fingerprint_of("/* x */ create  Table A . b(NR INT -- y\n default 1 ) ;"));
    for (const char* other :
         {"CREATE TABLE a.b (nr int DEFAULT 2)", "CREATE TABLE a.b (nr bigint DEFAULT 1)",
          "CREATE TABLE a.\"B\" (nr int DEFAULT 1)", "CREATE TABLE a.b (nr int DEFAULT '1')",
          "CREATE TABLE IF NOT EXISTS a.b (nr int DEFAULT 1)", "CREATE TABLE a.c (nr int DEFAULT 1)",
          "CREATE TABLE a.b (nr int DEFAULT NULL)", "CREATE TABLE a.b (nr int)"}) {
        CAPTURE(other);
        CHECK(fingerprint_of("CREATE TABLE a.b (nr int DEFAULT 1)") != fingerprint_of(other));
    }
    CHECK(fingerprint_of("COMMENT ON TABLE a IS 'X'") != fingerprint_of("COMMENT ON TABLE a IS 'x'"));
    CHECK(fingerprint_of("COMMENT ON TABLE a IS 'x  y'") != fingerprint_of("COMMENT ON TABLE a IS 'x y'"));
    CHECK(fingerprint_of("COMMENT ON TABLE a IS $$X$$") != fingerprint_of("COMMENT ON TABLE a IS $$x$$"));
    CHECK(fingerprint_of("CREATE STATISTICS s ON a, b FROM t") !=
          fingerprint_of("CREATE STATISTICS IF NOT EXISTS s ON a, b FROM t"));
}

TEST_CASE("of those that are alone, only an added label can be in a transaction") {
    CHECK_FALSE(must_be_outside(parse_statement("CREATE INDEX i ON item (a)")));
    CHECK_FALSE(must_be_outside(parse_statement("ALTER TYPE t ADD VALUE 'a'")));
    CHECK(must_be_outside(parse_statement("CREATE INDEX CONCURRENTLY i ON item (a)")));
    CHECK(must_be_outside(parse_statement("DROP INDEX CONCURRENTLY i")));
}

TEST_CASE("an excerpt is one line, not long, and cut between characters") {
    CHECK(excerpt("DROP TABLE item") == "DROP TABLE item");
    CHECK(excerpt("CREATE TABLE item (\n    nr int PRIMARY KEY)") == "CREATE TABLE item ( …");
    const std::string longest(100, 'x');
    CHECK(excerpt(longest) == longest);
    CHECK(excerpt(longest + "y") == longest + " …");
    CHECK(excerpt(longest.substr(1) + "é") == longest.substr(1) + " …");
}

TEST_CASE("wild input ends in an Error") {
    CHECK_THAT(refusal_of(std::string("DROP TABLE a\0; DROP TABLE b", 27)), contains("zero byte"));
    CHECK_THAT(refusal_of("COMMENT ON TABLE a IS '\xff\xfe'"), contains("UTF-8"));
    CHECK_THAT(refusal_of(std::string(longest_statement_text + 1, ' ')), contains("1 MB"));
    CHECK_THAT(refusal_of("DROP TABLE a" + repeated(", a", 50'000)), contains("words"));
    for (const char* tail :
         {"+1", "||1", " UNION SELECT 1", "::int", " IS NULL", " AT TIME ZONE 1", " IN (1)", " COLLATE c"}) {
        CAPTURE(tail);
        for (const int times : {1'500, 500'000 / static_cast<int>(std::string(tail).size())})
            refusal_of("CREATE VIEW v AS SELECT 1" + repeated(tail, times));
        CHECK_THAT(refusal_of("CREATE VIEW v AS SELECT 1" + repeated(tail, 9'000)), contains("nested too deeply"));
    }
    for (const char* head : {"(", "NOT ", "- ", "CASE WHEN ", "f(", "ARRAY["}) {
        CAPTURE(head);
        CHECK_FALSE(refusal_of("CREATE VIEW v AS SELECT " + repeated(head, 30'000)).empty());
    }
    CHECK_FALSE(refusal_of(repeated("$", 1'000'000)).empty());
    for (const char* run : {"/*", "+", "-+", "=!", "*", "--", "/"}) {
        CAPTURE(run);
        CHECK_FALSE(refusal_of("CREATE VIEW v AS SELECT 1 " + repeated(run, 500'000)).empty());
        refusal_of("CREATE VIEW v AS SELECT 1 " + repeated(repeated(run, 400) + " ", 1'000));
    }
    CHECK(parse_statement("CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $a$" + repeated("; SELECT 1 ", 90'000) +
                          "$a$")
              .kind == "CREATE FUNCTION");
}

TEST_CASE("noise never gets past the parser but as a statement or an Error") {
    const std::vector<std::string> words{"CREATE TABLE",
                                         "ALTER TABLE",
                                         "DROP TABLE",
                                         "DROP",
                                         "a",
                                         "\"b\"",
                                         "U&\"\\0061\"",
                                         "'c'",
                                         "(nr int)",
                                         "(",
                                         ")",
                                         ",",
                                         ";",
                                         "int",
                                         "REFERENCES p",
                                         "RENAME TO",
                                         "ADD",
                                         "CREATE INDEX ON",
                                         "SCHEMA",
                                         "CREATE VIEW",
                                         "AS SELECT 1",
                                         "$$",
                                         "-- x",
                                         "\n",
                                         "/*",
                                         "*/",
                                         "E'\\",
                                         ".",
                                         "::",
                                         "BEGIN ATOMIC",
                                         "END",
                                         "\xc3",
                                         "\xff",
                                         "$1",
                                         "COMMENT ON TABLE",
                                         "IS NULL",
                                         "IS U&'\\0041' ",
                                         "CASCADE",
                                         "OWNER TO joe",
                                         "PARTITION OF",
                                         "DEFAULT 1",
                                         "CONSTRAINT",
                                         "CREATE EXTENSION"};
    const std::vector<std::string> sane{"CREATE TABLE a (nr int)", "ALTER TABLE a ADD b text, DROP c",
                                        "DROP TABLE a, b; COMMENT ON TABLE a IS 'x'", "CREATE INDEX ON a (b)",
                                        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END"};
    std::mt19937 random(20261123);
    int statements = 0;
    for (int round = 0; round < 20'000; ++round) {
        auto text = sane[random() % sane.size()];
        for (auto left = random() % 4; left > 0; --left)
            text.insert(random() % (text.size() + 1), words[random() % words.size()]);
        try {
            for (const auto& statement : parse_statements(text)) {
                ++statements;
                CAPTURE(text);
                CHECK(parse_statement(statement.text).fingerprint == statement.fingerprint);
            }
        } catch (const Error&) {  // anything else fails the test
        }
    }
    CHECK(statements > 5'000);
}
