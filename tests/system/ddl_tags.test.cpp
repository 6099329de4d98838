// One statement, or more, of each command tag that event triggers see (PostgreSQL 15, "Event Trigger Support by Command
// Tag"): it is in force elsewhere, or left to this node by rule, or refused here. None is found out only elsewhere.

#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/tree.hpp"
#include "tests/system/ask.hpp"

using namespace tromp::test;

namespace {

using Texts = std::vector<std::string>;

const Texts taken_by_all = {
    "CREATE TABLE item (nr bigint PRIMARY KEY, v text, w int)",
    "ALTER TABLE item ADD colour text",
    "COMMENT ON TABLE item IS 'x'",
    "CREATE TABLE part (nr bigint PRIMARY KEY, v text) PARTITION BY RANGE (nr)",
    "CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (10)",
    "ALTER TABLE part DETACH PARTITION part_1",
    "DROP TABLE part_1",
    "CREATE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int)",
    "COMMENT ON AGGREGATE total(int) IS 'x'",
    "ALTER AGGREGATE total(int) RENAME TO sum_up",
    "DROP AGGREGATE sum_up(int)",
    "CREATE TYPE pair AS (a int, b int)",
    "ALTER TYPE pair ADD ATTRIBUTE c int",
    "ALTER TYPE pair RENAME ATTRIBUTE c TO d",
    "CREATE TYPE mood AS ENUM ('sad')",
    "ALTER TYPE mood ADD VALUE 'glad'",
    "ALTER TYPE mood RENAME VALUE 'sad' TO 'low'",
    "DROP TYPE mood",
    "CREATE FUNCTION as_text(pair) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT ($1).a::text'",
    "ALTER FUNCTION as_text(pair) STABLE",
    "CREATE CAST (pair AS text) WITH FUNCTION as_text(pair)",
    "COMMENT ON CAST (pair AS text) IS 'x'",
    "DROP CAST (pair AS text)",
    "ALTER ROUTINE as_text(pair) COST 5",
    "DROP ROUTINE as_text(pair)",
    "CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "DROP FUNCTION one()",
    "DROP TYPE pair",
    "CREATE PROCEDURE p() LANGUAGE sql AS 'SELECT 1'",
    "ALTER PROCEDURE p() RENAME TO q",
    "DROP PROCEDURE q()",
    "CREATE COLLATION word_order FROM \"C\"",
    "COMMENT ON COLLATION word_order IS 'x'",
    "ALTER COLLATION word_order RENAME TO byte_order",
    "CREATE CONVERSION conv FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1",
    "ALTER CONVERSION conv RENAME TO conversion",
    "DROP CONVERSION conversion",
    "CREATE DOMAIN positive AS int CHECK (VALUE > 0)",
    "ALTER DOMAIN positive SET DEFAULT 1",
    "ALTER DOMAIN positive RENAME CONSTRAINT positive_check TO is_positive",
    "DROP DOMAIN positive",
    "CREATE EXTENSION pageinspect VERSION '1.8'",
    "ALTER EXTENSION pageinspect UPDATE",
    "CREATE VIEW member AS SELECT 1 AS one",
    "ALTER EXTENSION pageinspect ADD VIEW member",
    "ALTER EXTENSION pageinspect DROP VIEW member",
    "COMMENT ON EXTENSION pageinspect IS 'x'",
    "DROP EXTENSION pageinspect",
    "CREATE INDEX item_v ON item (v)",
    "ALTER INDEX item_v RENAME TO item_by_v",
    "ALTER INDEX item_by_v SET (fillfactor = 50)",
    "ALTER TABLE item CLUSTER ON item_by_v",
    "DROP INDEX item_by_v",
    "CREATE INDEX CONCURRENTLY item_w ON item (w)",
    "DROP INDEX CONCURRENTLY item_w",
    "CREATE MATERIALIZED VIEW m AS SELECT nr FROM item",
    "CREATE INDEX ON m (nr)",
    "ALTER MATERIALIZED VIEW m RENAME TO numbers",
    "DROP MATERIALIZED VIEW numbers",
    "CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq)",
    "ALTER OPERATOR === (int, int) SET (RESTRICT = eqsel)",
    "DROP OPERATOR === (int, int)",
    "CREATE OPERATOR FAMILY fam USING btree",
    "ALTER OPERATOR FAMILY fam USING btree ADD OPERATOR 1 < (int, int), FUNCTION 1 btint4cmp(int, int)",
    "CREATE OPERATOR CLASS cls FOR TYPE int8 USING btree FAMILY fam AS OPERATOR 1 <, FUNCTION 1 btint8cmp(int8, int8)",
    "ALTER OPERATOR CLASS cls USING btree RENAME TO klass",
    "COMMENT ON OPERATOR CLASS klass USING btree IS 'x'",
    "DROP OPERATOR CLASS klass USING btree",
    "ALTER OPERATOR FAMILY fam USING btree RENAME TO family",
    "DROP OPERATOR FAMILY family USING btree",
    "CREATE POLICY pol ON item USING (true)",
    "ALTER POLICY pol ON item RENAME TO policy",
    "ALTER POLICY policy ON item USING (nr > 0)",
    "DROP POLICY policy ON item",
    "CREATE VIEW names AS SELECT nr, v FROM item",
    "ALTER VIEW names ALTER v SET DEFAULT 'x'",
    "ALTER VIEW names RENAME v TO name",
    "CREATE RULE r AS ON UPDATE TO names DO INSTEAD NOTHING",
    "ALTER RULE r ON names RENAME TO rule",
    "COMMENT ON RULE rule ON names IS 'x'",
    "DROP RULE rule ON names",
    "DROP VIEW names",
    "CREATE SCHEMA app",
    "ALTER SCHEMA app RENAME TO app2",
    "DROP SCHEMA app2",
    "CREATE SCHEMA app CREATE TABLE note (nr int PRIMARY KEY) CREATE VIEW all_notes AS SELECT * FROM note",
    "DROP SCHEMA app CASCADE",
    "CREATE SEQUENCE counter",
    "ALTER SEQUENCE counter CACHE 5",
    "ALTER SEQUENCE counter RENAME TO numbers",
    "DROP SEQUENCE numbers",
    "CREATE STATISTICS stat ON v, w FROM item",
    "ALTER STATISTICS stat SET STATISTICS 5",
    "COMMENT ON STATISTICS stat IS 'x'",
    "DROP STATISTICS stat",
    "CREATE TEXT SEARCH TEMPLATE tmpl (LEXIZE = dsimple_lexize, INIT = dsimple_init)",
    "ALTER TEXT SEARCH TEMPLATE tmpl RENAME TO templ",
    "CREATE TEXT SEARCH DICTIONARY dict (TEMPLATE = templ)",
    "ALTER TEXT SEARCH DICTIONARY dict (ACCEPT = false)",
    "CREATE TEXT SEARCH PARSER pars (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = "
    "prsd_lextype)",
    "ALTER TEXT SEARCH PARSER pars RENAME TO parser",
    "CREATE TEXT SEARCH CONFIGURATION conf (PARSER = parser)",
    "ALTER TEXT SEARCH CONFIGURATION conf ADD MAPPING FOR word WITH dict",
    "DROP TEXT SEARCH CONFIGURATION conf",
    "DROP TEXT SEARCH PARSER parser",
    "DROP TEXT SEARCH DICTIONARY dict",
    "DROP TEXT SEARCH TEMPLATE templ",
    "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "CREATE TRIGGER touched BEFORE UPDATE ON item FOR EACH ROW EXECUTE FUNCTION touch()",
    "ALTER TRIGGER touched ON item RENAME TO toucher",
    "ALTER TABLE item DISABLE TRIGGER toucher",
    "ALTER TABLE item ENABLE TRIGGER toucher",
    "COMMENT ON TRIGGER toucher ON item IS 'x'",
    "ALTER TABLE item ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE item REPLICA IDENTITY FULL",
    "ALTER TABLE item SET (fillfactor = 70)",
    // What follows is about these.
    "CREATE RULE quiet AS ON INSERT TO part DO ALSO NOTHING",
    "CREATE VIEW plain AS SELECT nr FROM item",
    "CREATE RULE silent AS ON DELETE TO plain DO INSTEAD NOTHING",
    "CREATE MATERIALIZED VIEW kept AS SELECT nr FROM item",
    "CREATE SEQUENCE free",
};

/// Each node's own affair, also about what is replicated; trompctl ddl does not take them either.
const Texts left_alone = {
    "CREATE ACCESS METHOD heap2 TYPE TABLE HANDLER heap_tableam_handler",
    "COMMENT ON ACCESS METHOD heap2 IS 'x'",
    "DROP ACCESS METHOD heap2",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO somebody",
    "GRANT SELECT ON item TO somebody",
    "REVOKE SELECT ON item FROM somebody",
    "CREATE FOREIGN DATA WRAPPER nowhere",
    "ALTER FOREIGN DATA WRAPPER nowhere OPTIONS (a 'b')",
    "CREATE SERVER far FOREIGN DATA WRAPPER nowhere",
    "ALTER SERVER far VERSION '2'",
    "CREATE USER MAPPING FOR somebody SERVER far",
    "ALTER USER MAPPING FOR somebody SERVER far OPTIONS (a 'b')",
    "DROP USER MAPPING FOR somebody SERVER far",
    "CREATE FOREIGN TABLE abroad (a int) SERVER far",
    "ALTER FOREIGN TABLE abroad ADD b int",
    "COMMENT ON FOREIGN TABLE abroad IS 'x'",
    "DROP FOREIGN TABLE abroad",
    "DROP SERVER far",
    "DROP FOREIGN DATA WRAPPER nowhere",
    "CREATE LANGUAGE lang HANDLER plpgsql_call_handler",
    "ALTER LANGUAGE lang RENAME TO tongue",
    "COMMENT ON LANGUAGE tongue IS 'x'",
    "DROP LANGUAGE tongue",
    "COMMENT ON LARGE OBJECT 4711 IS 'x'",
    "ALTER LARGE OBJECT 4711 OWNER TO somebody",
    "CREATE PUBLICATION pub FOR TABLE item",
    "ALTER PUBLICATION pub SET (publish = 'insert')",
    "COMMENT ON PUBLICATION pub IS 'x'",
    "DROP PUBLICATION pub",
    "CREATE SUBSCRIPTION sub CONNECTION 'dbname=x' PUBLICATION p WITH (connect = false, slot_name = NONE)",
    "ALTER SUBSCRIPTION sub SET (binary = true)",
    "DROP SUBSCRIPTION sub",
    "CREATE TRANSFORM FOR bool LANGUAGE sql (FROM SQL WITH FUNCTION prsd_lextype(internal))",
    "DROP TRANSFORM FOR bool LANGUAGE sql",
    "REFRESH MATERIALIZED VIEW kept",
    "REINDEX TABLE item",
    "ALTER COLLATION byte_order REFRESH VERSION",
    "ALTER TABLE item OWNER TO somebody",
    "ALTER VIEW plain OWNER TO somebody",
    "ALTER SCHEMA public OWNER TO somebody",
    "REASSIGN OWNED BY somebody TO CURRENT_USER",
    "ALTER TABLE item SET TABLESPACE pg_default",
    "ALTER TABLE ALL IN TABLESPACE pg_default SET TABLESPACE pg_default",
    "ALTER INDEX ALL IN TABLESPACE pg_default SET TABLESPACE pg_default NOWAIT",
    "ALTER MATERIALIZED VIEW ALL IN TABLESPACE pg_default SET TABLESPACE pg_default NOWAIT",
    "ALTER SEQUENCE free RESTART",
};

const Texts refused = {
    "CREATE TABLE copy AS SELECT * FROM item",
    "SELECT * INTO copy FROM item",
    "ALTER TABLE item ENABLE ALWAYS TRIGGER toucher",
    "ALTER TABLE item ENABLE REPLICA TRIGGER toucher",
    "ALTER TABLE item ENABLE REPLICA TRIGGER trompd_insert",
    "ALTER TABLE part ENABLE ALWAYS RULE quiet",
    "ALTER TABLE part ENABLE REPLICA RULE quiet",
    "ALTER TABLE item DISABLE TRIGGER ALL",
    "ALTER TABLE item DISABLE TRIGGER USER",
    "ALTER TABLE item DISABLE TRIGGER trompd_insert",
    "ALTER TRIGGER trompd_insert ON item RENAME TO mine",
    "DROP TRIGGER trompd_insert ON item",
    "CREATE TRIGGER trompd_x BEFORE UPDATE ON item FOR EACH ROW EXECUTE FUNCTION touch()",
    "CREATE OR REPLACE TRIGGER trompd_x BEFORE UPDATE ON item FOR EACH ROW EXECUTE FUNCTION touch()",
    "CREATE CONSTRAINT TRIGGER trompd_x AFTER UPDATE ON item FOR EACH ROW EXECUTE FUNCTION touch()",
    "CREATE SCHEMA app CREATE TABLE note (nr int PRIMARY KEY) GRANT SELECT ON note TO somebody",
    "ALTER TABLE item OWNER TO somebody, ADD x int",
    "ALTER SEQUENCE free RESTART CACHE 7",
    "DROP OWNED BY owner_of_view",
};

TreeOptions all_schemas() {
    TreeOptions options;
    options.nodes.ddl = "{capture: true}";
    options.nodes.tables = "['public.*', 'app*.*']";
    options.schema = "SELECT lo_create(4711)";
    return options;
}

constexpr auto how_many = "SELECT count(*) FROM replication.statements";

/// The SQLSTATE with which a statement is refused, "" if it is not.
std::string run(Database& sql, const std::string& statement) {
    try {
        sql.exec(statement);
    } catch (const SqlError& error) {
        UNSCOPED_INFO(error.what());
        return error.sqlstate;
    }
    return "";
}

}  // namespace

TEST_CASE(
    "a statement of any kind is in force everywhere, or left to its node, or refused there; never held elsewhere") {
    auto tree = Tree::chain(2, all_schemas());
    auto& a = tree[0];
    auto& b = tree[1];
    auto& sql = a.sql();
    tree.sync_all();
    long long taken = 0;
    for (const auto& statement : taken_by_all) {
        INFO(statement);
        CHECK(run(sql, statement) == "");
        CHECK(sql.number(how_many) == ++taken);
        taken = sql.number(how_many);
    }
    tree.sync_all();
    CHECK(
        b.sql().value("SELECT coalesce(string_agg(statement || ': ' || error, E'\\n'), '') FROM replication.statements"
                      " WHERE state <> 'done'") == "");
    CHECK(b.sql().number(how_many) == taken);

    sql.exec("CREATE ROLE somebody; CREATE ROLE owner_of_view");
    for (const auto& statement : left_alone) {
        INFO(statement);
        CHECK(run(sql, statement) == "");
        CHECK(sql.number(how_many) == taken);
        CHECK(a.ctl({"ddl", statement}).exit_code != 0);
        CHECK(sql.number(how_many) == taken);
    }
    sql.exec("ALTER VIEW plain OWNER TO owner_of_view");
    for (const auto& statement : refused) {
        INFO(statement);
        CHECK(run(sql, statement) == "0A000");
        CHECK(sql.number(how_many) == taken);
        const auto given = a.ctl({"ddl", statement});
        INFO(given.out << given.err);
        CHECK(given.exit_code != 0);
        CHECK(sql.number(how_many) == taken);
    }
    tree.sync_all();
    CHECK(b.sql().number(how_many) == taken);
}
