// trompctl ddl: statements that are run here and everywhere, from the command line.

#include <boost/json.hpp>
#include <chrono>
#include <fstream>
#include <future>
#include <string>

#include "tests/integration/statements.hpp"
#include "tests/support/wait_until.hpp"

using namespace tromp::test;

namespace {

Output ddl(CapturedNode& node, const std::string& statements) {
    return node.node.ctl({"ddl", statements});
}

/// Without event triggers, as where no superuser ran init.
struct UnseenNode : CapturedNode {
    UnseenNode() {
        node.options().extra = "ddl: {capture: false}\n";
        node.write_config();
        node.init_ok();
    }
};

const std::string indexed = "CREATE INDEX CONCURRENTLY i ON item (v)";

}  // namespace

TEST_CASE("trompctl ddl runs the statements here, and tells the neighbours of each") {
    CapturedNode node;
    const auto output = ddl(node,
                            "/* two */ CREATE TABLE item (nr int PRIMARY KEY, v text DEFAULT ';'); -- tables\n"
                            "CREATE TABLE \"Odd\" (\n  nr int PRIMARY KEY);\n"
                            "CREATE FUNCTION f() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN 'a;b'; END; $$");
    INFO(output.err);
    CHECK(output.exit_code == 0);
    CHECK_THAT(output.out, contains("run here, and on its way to the neighbours: CREATE TABLE \"Odd\" ( …\n"));
    CHECK(node.taken() ==
          "CREATE TABLE item (nr int PRIMARY KEY, v text DEFAULT ';'); [public.item]\n"
          "CREATE TABLE \"Odd\" (\n  nr int PRIMARY KEY); [public.\"Odd\"]\n"
          "CREATE FUNCTION f() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN 'a;b'; END; $$; []");
    node.sql.exec("INSERT INTO item VALUES (1)");
    CHECK(node.taken() == "I[1]");
}

TEST_CASE("trompctl ddl refuses what is not replicated, before it runs anything") {
    CapturedNode node;
    const auto mixed = ddl(node, "CREATE TABLE item (nr int PRIMARY KEY); INSERT INTO item VALUES (1)");
    CHECK(mixed.exit_code == 1);
    CHECK_THAT(mixed.err, contains("statement 2 of 2: INSERT cannot be replicated: it changes data"));
    CHECK(ddl(node, "CREATE TABEL item (nr int)").exit_code == 1);
    CHECK(ddl(node, "CREATE TABLE local.item (nr int PRIMARY KEY)").exit_code == 1);
    CHECK(ddl(node, " -- nothing").exit_code == 2);
    CHECK(node.node.ctl({"ddl"}).exit_code == 2);
    CHECK(node.node.ctl({"ddl", "DROP", "TABLE"}).exit_code == 2);
    CHECK(node.sql.number("SELECT count(*) FROM pg_class WHERE relname = 'item'") == 0);
    CHECK(node.taken() == "");
}

TEST_CASE("what trompctl ddl is given is one transaction") {
    CapturedNode node;
    const auto output = ddl(node, "CREATE TABLE a (nr int PRIMARY KEY); CREATE TABLE b (nr no_such_type)");
    CHECK(output.exit_code == 1);
    CHECK_THAT(output.err, contains("CREATE TABLE b (nr no_such_type): type \"no_such_type\" does not exist"));
    CHECK_THAT(output.err, contains("none of the other statements was run"));
    CHECK(node.taken() == "");
    CHECK(node.sql.number("SELECT count(*) FROM pg_class WHERE relname = 'a'") == 0);
}

TEST_CASE("trompctl ddl says when nothing was changed, also in JSON") {
    CapturedNode node;
    const std::string twice = "CREATE TABLE IF NOT EXISTS item (nr int PRIMARY KEY)";
    CHECK(node.node.json({"ddl", twice}).at(0).at("told") == true);
    const auto again = node.node.json({"ddl", twice});
    CHECK(again.at(0).at("told") == false);
    CHECK(again.at(0).at("statement") == boost::json::string_view(twice));
    CHECK(again.at(0).at("kind") == "CREATE TABLE");
    CHECK_THAT(ddl(node, twice).out, contains("nothing goes to the neighbours: " + twice));
    CHECK(node.taken() == twice + "; [public.item]");
}

TEST_CASE("trompctl ddl finds names as the role's own sessions do") {
    CapturedNode node;
    node.sql.exec(
        "CREATE SCHEMA app; ALTER DATABASE work SET search_path = app; ALTER DATABASE work SET timezone = "
        "'Asia/Tokyo'");
    node.taken();
    CHECK(ddl(node, "CREATE TABLE item (nr int PRIMARY KEY)").exit_code == 0);
    CHECK(node.sql.value("SELECT tables::text || (settings ->> 'search_path') || (settings ->> 'TimeZone') FROM "
                         "replication.statements") == "{app.item}appAsia/Tokyo");
}

TEST_CASE("trompctl ddl runs by itself what cannot be in a transaction, in order with the others") {
    CapturedNode node;
    const auto output = ddl(node,
                            "CREATE TYPE mood AS ENUM ('sad'); ALTER TYPE mood ADD VALUE 'happy';"
                            "CREATE TABLE item (nr int PRIMARY KEY, v mood DEFAULT 'happy');" +
                                indexed + "; DROP INDEX CONCURRENTLY i; COMMENT ON TABLE item IS 'x'");
    INFO(output.err);
    CHECK(output.exit_code == 0);
    CHECK(node.sql.value("SELECT string_agg(alone::text, ' ' ORDER BY number) FROM replication.statements") ==
          "false true false true true false");
    CHECK(node.taken() ==
          "CREATE TYPE mood AS ENUM ('sad'); []\nALTER TYPE mood ADD VALUE 'happy'; []\n"
          "CREATE TABLE item (nr int PRIMARY KEY, v mood DEFAULT 'happy'); [public.item]\n" +
              indexed +
              "; [public.item]\nDROP INDEX CONCURRENTLY i; [public.item]\nCOMMENT ON TABLE item IS 'x'; [public.item]");
    const auto failed =
        ddl(node, "COMMENT ON TABLE item IS 'y'; CREATE INDEX CONCURRENTLY j ON item (w); DROP TABLE item");
    CHECK(failed.exit_code == 1);
    CHECK_THAT(failed.err, contains("column \"w\" does not exist") && contains("the first 1 of 3 statements were run"));
    CHECK(node.taken() == "COMMENT ON TABLE item IS 'y'; [public.item]");
}

TEST_CASE("a partition is detached concurrently, and the neighbours are told") {
    const std::string detach = "ALTER TABLE item DETACH PARTITION item_1 CONCURRENTLY";
    const std::string made =
        "CREATE TABLE item (nr int PRIMARY KEY) PARTITION BY RANGE (nr);"
        "CREATE TABLE item_1 PARTITION OF item FOR VALUES FROM (1) TO (9);";
    CapturedNode seen;
    const auto output = ddl(seen, made + detach);
    INFO(output.err);
    CHECK(output.exit_code == 0);
    CHECK_THAT(seen.taken(), contains("\n" + detach + "; ["));
    UnseenNode unseen;
    CHECK(ddl(unseen, made + detach).exit_code == 0);
    CHECK_THAT(unseen.taken(), contains("\n" + detach + "; ["));
}

TEST_CASE("a statement alone that concerns nothing replicated is told from one that is on its way") {
    CapturedNode node;
    node.sql.exec("CREATE TABLE cache_x (nr int PRIMARY KEY)");
    const auto output = ddl(node, "CREATE INDEX CONCURRENTLY ON cache_x (nr)");
    CHECK(output.exit_code == 1);
    CHECK_THAT(output.out, contains("nothing goes to the neighbours"));
    CHECK(node.taken() == "");
}

TEST_CASE("where no event triggers are, trompctl ddl tells by itself") {
    UnseenNode node;
    const auto output = ddl(node, "CREATE TABLE item (nr int PRIMARY KEY, v text);" + indexed);
    INFO(output.err);
    CHECK(output.exit_code == 0);
    CHECK(node.sql.value("SELECT string_agg(alone::text, ' ' ORDER BY number) FROM replication.statements") ==
          "false true");
    CHECK(node.taken() ==
          "CREATE TABLE item (nr int PRIMARY KEY, v text); [public.item]\n" + indexed + "; [public.item]");
}

TEST_CASE("when the connection is lost between a statement and its telling, the message says exactly what to do") {
    UnseenNode node;
    REQUIRE(ddl(node, "CREATE TABLE item (nr int PRIMARY KEY, v text)").exit_code == 0);
    node.taken();
    node.node.faults().arm("ddl_run", Faults::Action::error);
    const auto lost = ddl(node, indexed);
    node.node.faults().clear();
    CHECK(lost.exit_code == 3);
    CHECK_THAT(lost.err, contains("it was run here, but the connection was lost"));
    const auto advice = lost.err.find("SELECT replication.log_statement(");
    REQUIRE(advice != std::string::npos);
    CHECK(node.taken() == "");
    node.sql.exec(lost.err.substr(advice));
    CHECK(node.taken() == indexed + "; [public.item]");
}

TEST_CASE("when the connection is lost at the commit, trompctl ddl does not pretend to know") {
    CapturedNode node;
    node.node.faults().arm("ddl_commit", Faults::Action::error);
    const auto lost = ddl(node, "CREATE TABLE item (nr int PRIMARY KEY)");
    node.node.faults().clear();
    CHECK(lost.exit_code == 3);
    CHECK_THAT(lost.err, contains("it is not known whether the statements were run"));
    CHECK(node.taken() == "");
    CHECK(ddl(node, "CREATE TABLE item (nr int PRIMARY KEY)").exit_code == 0);
}

TEST_CASE("a statement alone that is ended in its middle is not told, and the message says what it may have left") {
    CapturedNode node;
    REQUIRE(ddl(node, "CREATE TABLE item (nr int PRIMARY KEY, v text)").exit_code == 0);
    node.taken();
    Database writer(node.node.conninfo());
    writer.exec("BEGIN; INSERT INTO item VALUES (1)");
    auto running = std::async(std::launch::async, [&] { return ddl(node, indexed); });
    const std::string waiting =
        "FROM pg_stat_activity WHERE application_name = 'trompctl' AND query LIKE 'CREATE INDEX%' AND wait_event_type "
        "= 'Lock'";
    wait_until(std::chrono::seconds(20), "the index waits for the writer",
               [&] { return node.sql.number("SELECT count(*) " + waiting) == 1; });
    node.sql.value("SELECT pg_terminate_backend(pid) " + waiting);
    const auto ended = running.get();
    writer.exec("COMMIT");
    CHECK(ended.exit_code != 0);
    CHECK_THAT(ended.err, contains("INVALID"));
    CHECK(node.sql.value("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass") == "f");
    CHECK(node.taken() == "I[1]");
    CHECK(ddl(node, "DROP INDEX i").exit_code == 0);
    node.taken();
    CHECK(ddl(node, indexed).exit_code == 0);
    CHECK(node.taken() == indexed + "; [public.item]");
}

TEST_CASE("without event triggers only who may tell the neighbours may run what is told afterwards") {
    UnseenNode node;
    REQUIRE(ddl(node, "CREATE TABLE item (nr int PRIMARY KEY, v text)").exit_code == 0);
    node.sql.exec(node.node.ctl({"grants", "--applier", "alice"}).out +
                  "; REVOKE EXECUTE ON FUNCTION replication.log_statement(text) FROM alice");
    node.taken();
    const auto alice = boost::json::serialize(boost::json::value(node.cluster.conninfo("work", "alice")));
    std::ofstream(node.node.config()) << "{node: 2, name: work, tables: [public.*], ddl: {capture: false}, database: "
                                      << alice << "}\n";
    const auto output = ddl(node, indexed);
    CHECK(output.exit_code == 1);
    CHECK_THAT(output.err, contains("this role may not tell the neighbours of " + indexed));
    CHECK(node.sql.number("SELECT count(*) FROM pg_class WHERE relname = 'i'") == 0);
    CHECK(node.taken() == "");
}
