// Statements that cannot be replicated are refused where they are given, with the reason and the way to do it.

#include <string>

#include "tests/integration/statements.hpp"

using namespace tromp::test;

namespace {

/// A node with a table of rows, which the log and replication.statements do not show any more.
struct NodeWithTable : CapturedNode {
    NodeWithTable() {
        sql.exec("CREATE TABLE item (nr int PRIMARY KEY, v text, owner text)");
        sql.exec("CREATE TABLE cache_x (nr int PRIMARY KEY, item int)");
        sql.exec("INSERT INTO item VALUES (1, 'a'), (2, 'b')");
        taken();
    }
};

}  // namespace

TEST_CASE("several statements of one kind in a string are refused") {
    NodeWithTable node;
    const auto refusal = node.refusal("CREATE TABLE a (nr int PRIMARY KEY); CREATE TABLE b (nr int PRIMARY KEY)");
    CHECK_THAT(refusal, contains("CREATE TABLE public.a cannot be replicated: it was given in one string with other "
                                 "statements, and it cannot be told which of them it is"));
    CHECK_THAT(refusal,
               contains("HINT:  Send the statements one by one, or give them to trompctl ddl or replication.ddl()."));
    CHECK(node.sql.number("SELECT count(*) FROM pg_class WHERE relname IN ('a', 'b')") == 0);
    CHECK_THAT(node.refusal("DROP TABLE cache_x; ALTER TABLE item DROP v; ALTER TABLE item DROP owner"),
               contains("ALTER TABLE public.item cannot be replicated: it was given in one string"));
    CHECK(node.sql.number("SELECT count(*) FROM pg_class WHERE relname = 'cache_x'") == 1);
}

TEST_CASE("statements inside of functions and DO blocks are refused") {
    NodeWithTable node;
    auto& sql = node.sql;
    const auto refusal = node.refusal("DO $$ BEGIN CREATE TABLE a (nr int PRIMARY KEY); END $$");
    CHECK_THAT(refusal, contains("CREATE TABLE public.a cannot be replicated: a function or a DO block runs it"));
    CHECK_THAT(refusal, contains("HINT:  Give the statement by itself, or to trompctl ddl; a function can run it by "
                                 "replication.ddl()."));
    sql.exec("CREATE FUNCTION local.f() RETURNS void LANGUAGE sql AS 'ALTER TABLE item ADD COLUMN w int'");
    CHECK_THAT(node.refusal("SELECT local.f()"), contains("ALTER TABLE public.item cannot be replicated: a function"));
    sql.exec("CREATE FUNCTION local.g() RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'DROP TABLE item'; END $$");
    CHECK_THAT(node.refusal("SELECT local.g()"), contains("DROP TABLE public.item cannot be replicated: a function"));
    // The text of another statement, that of replication.ddl() too, is not taken for it.
    sql.exec(
        "CREATE FUNCTION local.h(int) RETURNS int LANGUAGE plpgsql AS "
        "$$ BEGIN CREATE TABLE IF NOT EXISTS a (nr int PRIMARY KEY); RETURN 1; END $$");
    CHECK_THAT(node.refusal("SELECT replication.ddl('ALTER TABLE item ALTER nr TYPE bigint USING local.h(nr)')"),
               contains("CREATE TABLE public.a cannot be replicated: a function"));
    sql.exec("SELECT set_config('trompd.statement', 'CREATE TABLE a (nr int PRIMARY KEY)', false)");
    CHECK_THAT(node.refusal("SELECT local.h(1)"), contains("CREATE TABLE public.a cannot be replicated: a function"));
}

TEST_CASE("CREATE TABLE AS and SELECT INTO are refused") {
    NodeWithTable node;
    for (const auto* statement : {"CREATE TABLE a AS SELECT * FROM item", "CREATE TABLE a AS TABLE item WITH NO DATA",
                                  "CREATE TABLE IF NOT EXISTS a (x) AS VALUES (1)"}) {
        const auto refusal = node.refusal(statement);
        CHECK_THAT(refusal,
                   contains("CREATE TABLE AS public.a cannot be replicated: the table gets no key, and its rows "
                            "would be none of those here"));
        CHECK_THAT(refusal, contains("HINT:  Make it with CREATE TABLE and a primary key, then fill it with INSERT ... "
                                     "SELECT."));
    }
    CHECK_THAT(node.refusal("SELECT * INTO a FROM item"),
               contains("SELECT INTO public.a cannot be replicated: the table"));
    CHECK_THAT(node.refusal("WITH x AS (SELECT 1) SELECT * INTO a FROM x"), contains("SELECT INTO public.a cannot"));
    node.sql.exec("CREATE TABLE cache_y AS SELECT * FROM item; CREATE TEMP TABLE a AS SELECT * FROM item");
    CHECK(node.taken() == "");
}

TEST_CASE("a statement over replicated and other objects is refused") {
    NodeWithTable node;
    const auto refusal = node.refusal("DROP TABLE item, cache_x");
    CHECK_THAT(refusal,
               contains("DROP TABLE public.item cannot be replicated: the statement concerns public.cache_x too, "
                        "which is not replicated"));
    CHECK_THAT(refusal, contains("HINT:  Give a statement for each of them."));
    node.sql.exec("ALTER TABLE item ADD CONSTRAINT cached FOREIGN KEY (nr) REFERENCES cache_x NOT VALID");
    node.taken();
    CHECK_THAT(node.refusal("DROP TABLE cache_x CASCADE"),
               contains("cached on public.item cannot be replicated: the statement concerns public.cache_x too"));
    node.sql.exec("CREATE TABLE local.t (a int)");
    node.sql.exec("CREATE VIEW shown AS SELECT * FROM local.t");
    node.taken();
    CHECK_THAT(node.refusal("DROP SCHEMA local CASCADE"), contains("public.shown cannot be replicated: the statement "
                                                                   "concerns local too"));
    node.sql.exec("CREATE VIEW local.on_item AS SELECT * FROM item");
    node.sql.exec("DROP TABLE item CASCADE");
    CHECK(node.taken() == "DROP TABLE item CASCADE; [public.item]");
}

TEST_CASE("changes of a key are refused, but for its name and for types that leave its values what they are") {
    NodeWithTable node;
    auto& sql = node.sql;
    const auto gone = node.refusal("ALTER TABLE item DROP CONSTRAINT item_pkey");
    CHECK_THAT(gone,
               contains("ALTER TABLE public.item cannot be replicated: the key of public.item would be gone instead "
                        "of (nr), under which its changes are in the log"));
    CHECK_THAT(gone,
               contains("HINT:  Make a new table with the other key, fill it with INSERT ... SELECT, drop this one and "
                        "rename the new one."));
    CHECK_THAT(node.refusal("ALTER TABLE item DROP CONSTRAINT item_pkey, ADD PRIMARY KEY (nr, v)"),
               contains("the key of public.item would be (nr, v) instead of (nr)"));
    CHECK_THAT(node.refusal("ALTER TABLE item DROP COLUMN nr"), contains("would be gone instead of (nr)"));
    const auto type = node.refusal("ALTER TABLE item ALTER nr TYPE text");
    CHECK_THAT(type,
               contains("the key of public.item would be of type (text) instead of (integer), as which its values "
                        "are in the log"));
    CHECK_THAT(type, contains("Only a change among integer types, or among text types"));
    const auto with = node.refusal("ALTER TABLE item ALTER COLUMN nr SET DATA TYPE bigint USING nr + 100");
    CHECK_THAT(with, contains("USING may make other keys of those of public.item"));
    CHECK_THAT(with, contains("HINT:  Leave USING out."));
    CHECK(sql.value("SELECT string_agg(nr::text, ' ') FROM item") == "1 2");

    sql.exec("ALTER TABLE item ALTER nr TYPE bigint, ALTER v TYPE varchar USING upper(v)");
    sql.exec("ALTER TABLE item RENAME nr TO number");
    sql.exec("ALTER TABLE item DROP CONSTRAINT item_pkey, ADD PRIMARY KEY (number)");
    sql.exec("CREATE TABLE word (a text, b date, PRIMARY KEY (a, b))");
    sql.exec("ALTER TABLE word ALTER a TYPE varchar");
    CHECK(sql.value("SELECT string_agg(key_columns::text, ' ' ORDER BY id) FROM replication.tables") ==
          "{number} {a,b}");
    node.taken();
    CHECK_THAT(
        node.refusal("ALTER TABLE word ALTER b TYPE timestamp"),
        contains("of type (character varying, timestamp without time zone) instead of (character varying, date)"));
}

TEST_CASE("what would end the capture of a table's changes is refused") {
    NodeWithTable node;
    auto& sql = node.sql;
    for (const auto* statement : {"ALTER TABLE item DISABLE TRIGGER ALL", "ALTER TABLE item ENABLE TRIGGER USER"}) {
        const auto all = node.refusal(statement);
        CHECK_THAT(all, contains("ALTER TABLE public.item cannot be replicated: it concerns the triggers that capture "
                                 "changes as well"));
        CHECK_THAT(all, contains("HINT:  Name the triggers that are meant."));
    }
    const auto named = node.refusal(
        "CREATE TRIGGER trompd_x BEFORE INSERT ON item FOR EACH ROW EXECUTE FUNCTION "
        "suppress_redundant_updates_trigger()");
    CHECK_THAT(named, contains("triggers with the names trompd_... are those that capture changes"));
    CHECK_THAT(named, contains("HINT:  Give it another name."));
    const auto one = node.refusal("ALTER TABLE item DISABLE TRIGGER trompd_insert");
    CHECK_THAT(one, contains("its trigger trompd_insert, which captures its changes, would not fire"));
    CHECK_THAT(one, contains("HINT:  Leave it as it is; trompctl tables remove takes a table out of replication."));
    CHECK_THAT(node.refusal("DROP TRIGGER trompd_insert ON item"),
               contains("DROP TRIGGER trompd_insert on public.item cannot be replicated: its trigger trompd_insert"));
    CHECK_THAT(node.refusal("ALTER TRIGGER trompd_insert ON item RENAME TO x"), contains("its trigger trompd_insert"));
    sql.exec(
        "CREATE TRIGGER own BEFORE INSERT ON item FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()");
    node.taken();
    CHECK_THAT(node.refusal("ALTER TABLE item ENABLE ALWAYS TRIGGER own"),
               contains("it would fire where changes are applied too, and what it writes there would not be captured"));
    CHECK_THAT(node.refusal("ALTER TABLE item ENABLE REPLICA TRIGGER own"),
               contains("HINT:  Use ENABLE without ALWAYS or REPLICA."));
    const auto child = node.refusal("CREATE TABLE child (z int) INHERITS (item)");
    CHECK_THAT(child, contains("public.item could be replicated no longer: it takes part in table inheritance"));
    CHECK_THAT(child, contains("HINT:  Take it out of replication first: trompctl tables remove."));
}

TEST_CASE("moves between what is replicated and what is not are refused") {
    NodeWithTable node;
    auto& sql = node.sql;
    sql.exec("CREATE SCHEMA app");
    sql.exec("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'");
    sql.exec("CREATE VIEW local.v AS SELECT 1 AS a; CREATE TABLE local.t (a int PRIMARY KEY)");
    node.taken();
    const auto out = node.refusal("ALTER TABLE item SET SCHEMA local");
    CHECK_THAT(
        out, contains("ALTER TABLE local.item cannot be replicated: under its new name it is none of what `tables` in "
                      "the configuration replicates, and the other nodes would go on with it"));
    CHECK_THAT(out,
               contains("HINT:  Give it a name that `tables` matches, or take it out of replication first: trompctl "
                        "tables remove."));
    CHECK_THAT(node.refusal("ALTER TABLE item RENAME TO cache_item"), contains("under its new name it is none"));
    CHECK_THAT(node.refusal("ALTER FUNCTION public.f() SET SCHEMA local"), contains("under its new name it is none"));
    CHECK_THAT(node.refusal("ALTER SCHEMA app RENAME TO other"), contains("under its new name it is none"));
    const auto in = node.refusal("ALTER VIEW local.v SET SCHEMA public");
    CHECK_THAT(in,
               contains("ALTER VIEW public.v cannot be replicated: it was none of what is replicated, and the other "
                        "nodes do not have it"));
    CHECK_THAT(in, contains("HINT:  Create it under its new name."));
    CHECK_THAT(node.refusal("ALTER TABLE cache_x RENAME TO x"), contains("it was none of what is replicated"));
    CHECK_THAT(node.refusal("ALTER TABLE local.t SET SCHEMA app"), contains("it was none of what is replicated"));
    sql.exec("SET search_path = local, public");
    CHECK_THAT(node.refusal("ALTER VIEW v SET SCHEMA app"), contains("it cannot be told from which schema it comes"));
    CHECK_THAT(node.refusal("ALTER VIEW v SET SCHEMA app"), contains("HINT:  Give its schema in the statement."));
    sql.exec("RESET search_path");
    sql.exec("ALTER TABLE item SET SCHEMA app");
    sql.exec("ALTER FUNCTION f() SET SCHEMA app");
    CHECK(node.taken() == "ALTER TABLE item SET SCHEMA app; [public.item]\nALTER FUNCTION f() SET SCHEMA app; []");
}

TEST_CASE("owners and tablespaces among other changes, DROP OWNED and statements of more than 1 MB are refused") {
    NodeWithTable node;
    auto& sql = node.sql;
    sql.exec("CREATE ROLE bob");
    const auto owner = node.refusal("ALTER TABLE item ADD COLUMN w int, OWNER TO bob");
    CHECK_THAT(owner, contains("ALTER TABLE public.item cannot be replicated: owners, tablespaces and the numbers of "
                               "sequences are each node's own"));
    CHECK_THAT(owner, contains("HINT:  Change them by a statement of their own."));
    sql.exec("ALTER TABLE item OWNER TO bob");
    sql.exec("ALTER TABLE item SET TABLESPACE pg_default");
    CHECK(node.taken() == "");
    const auto owned = node.refusal("DROP OWNED BY bob");
    CHECK_THAT(owned, contains("DROP OWNED public.item cannot be replicated: what a role owns is each node's own"));
    CHECK_THAT(owned, contains("HINT:  Drop the objects by their names."));
    sql.exec("ALTER TABLE item RENAME owner TO holder");
    CHECK(node.taken() == "ALTER TABLE item RENAME owner TO holder; [public.item]");
    const auto length = node.refusal("COMMENT ON TABLE item IS '" + std::string(1 << 20, 'x') + "'");
    CHECK_THAT(length, contains("COMMENT public.item cannot be replicated: the statement is longer than 1 MB"));
    CHECK_THAT(length, contains("HINT:  Make it shorter."));
}

TEST_CASE("changes that a rule in the configuration does not go with are refused") {
    CapturedNode node;
    node.sql.exec("CREATE TABLE item (nr int PRIMARY KEY, v int, w text)");
    node.node.options().extra = "conflicts:\n  tables:\n    public.item: {default: strongest, strength: v + 1}\n";
    node.node.write_config();
    node.node.init_ok();
    node.taken();
    const auto refusal = node.refusal("ALTER TABLE item DROP COLUMN v");
    CHECK_THAT(refusal,
               contains("public.item has a rule in `conflicts` of the configuration, but its strength \"v + 1\" is "
                        "not a number that follows from the row alone"));
    CHECK_THAT(refusal, contains("HINT:  Change the rule first, at every node, and run trompctl init."));
    node.sql.exec("ALTER TABLE item DROP COLUMN w");
    CHECK(node.taken() == "ALTER TABLE item DROP COLUMN w; [public.item]");
}

TEST_CASE("partitions with rows, or that other nodes do not have, are not attached") {
    CapturedNode node;
    auto& sql = node.sql;
    sql.exec("CREATE TABLE p (a int PRIMARY KEY) PARTITION BY RANGE (a)");
    sql.exec("CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (10)");
    sql.exec("CREATE TABLE p2 (a int NOT NULL)");
    sql.exec("CREATE TABLE p3 (a int PRIMARY KEY)");
    sql.exec("CREATE TABLE cache_p (a int NOT NULL)");
    sql.exec("INSERT INTO p2 VALUES (11)");
    node.taken();
    const auto rows = node.refusal("ALTER TABLE p ATTACH PARTITION p2 FOR VALUES FROM (10) TO (20)");
    CHECK_THAT(rows, contains("ALTER TABLE public.p cannot be replicated: the rows of public.p2 are not in the log"));
    CHECK_THAT(rows,
               contains("HINT:  Make the partition with CREATE TABLE ... PARTITION OF, and move the rows with INSERT ... "
                        "SELECT."));
    CHECK_THAT(node.refusal("ALTER TABLE p ATTACH PARTITION p3 FOR VALUES FROM (20) TO (30)"),
               contains("public.p3 is replicated by itself, and its changes are in the log under its name"));
    CHECK_THAT(node.refusal("ALTER TABLE p ATTACH PARTITION cache_p FOR VALUES FROM (20) TO (30)"),
               contains("public.cache_p is none of what is replicated, and the other nodes do not have it"));
    sql.exec("DELETE FROM p2");
    sql.exec("ALTER TABLE p ATTACH PARTITION p2 FOR VALUES FROM (10) TO (20)");
    sql.exec("INSERT INTO p2 VALUES (12)");
    sql.exec("ALTER TABLE p DETACH PARTITION p2");
    sql.exec("INSERT INTO p2 VALUES (13)");
    sql.exec("DROP TABLE p1");
    CHECK(node.taken() ==
          "ALTER TABLE p ATTACH PARTITION p2 FOR VALUES FROM (10) TO (20); [public.p]\nI[12]\nI[12]\n"
          "ALTER TABLE p DETACH PARTITION p2; [public.p]\nI[13]\nDROP TABLE p1; [public.p1]");
}
