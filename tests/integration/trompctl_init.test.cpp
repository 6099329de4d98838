// What trompctl init does to a database, and uninit undoes.

#include <boost/json.hpp>
#include <future>
#include <string>

#include "common/install.hpp"
#include "tests/integration/taken_events.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/cluster.hpp"
#include "tests/support/database.hpp"
#include "tests/support/node.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/wait_until.hpp"

using namespace std::chrono_literals;
using namespace tromp::test;

TEST_CASE("init on an empty database makes the schema, and again is harmless") {
    Cluster cluster;
    Node node(cluster, 2, "work");
    const auto first = node.init();
    CHECK(first.exit_code == 0);
    CHECK_THAT(first.out, contains("made schema replication, version " + std::to_string(tromp::schema_version())));
    const auto identity = node.sql().value("SELECT value FROM replication.config WHERE key = 'incarnation'");
    node.init_ok();
    CHECK(node.sql().value("SELECT value FROM replication.config WHERE key = 'incarnation'") == identity);
    CHECK(node.sql().value("SELECT node || name FROM replication.nodes WHERE is_self") == "2work");
}

TEST_CASE("tables with any kind of key are captured") {
    Cluster cluster;
    Node node(cluster, 2, "work");
    auto& sql = node.sql();
    sql.exec(R"(CREATE TABLE item (nr bigserial PRIMARY KEY, t text);
                CREATE TABLE line (a int, b text, PRIMARY KEY (a, b));
                CREATE TABLE thing (id uuid PRIMARY KEY);
                CREATE TABLE word (w text PRIMARY KEY);
                CREATE TABLE day (d date PRIMARY KEY);
                CREATE TABLE old_style (nr int NOT NULL UNIQUE, t text);
                CREATE TABLE "Odd ""Name" (k int PRIMARY KEY))");
    node.init_ok();
    CHECK(sql.number("SELECT count(*) FROM replication.tables") == 7);

    sql.exec("INSERT INTO item (t) VALUES ('a'), ('b'), ('c')");
    CHECK(taken_events(sql) == "I[2] I[12] I[22]");
    sql.exec("INSERT INTO line VALUES (1, 'x')");
    CHECK(taken_events(sql) == R"(I[1, "x"])");
    sql.exec("INSERT INTO thing VALUES ('00000000-0000-0000-0000-000000000001')");
    CHECK(taken_events(sql) == R"(I["00000000-0000-0000-0000-000000000001"])");
    sql.exec("SET datestyle = 'SQL, DMY'; INSERT INTO day VALUES ('24/12/2026')");
    CHECK(taken_events(sql) == R"(I["2026-12-24"])");
    sql.exec("INSERT INTO old_style VALUES (7, 'x')");
    CHECK(taken_events(sql) == "I[7]");
    sql.exec(R"(INSERT INTO "Odd ""Name" VALUES (1))");
    CHECK(taken_events(sql) == "I[1]");
}

TEST_CASE("an UPDATE that changes or swaps keys logs the new ones, and the old ones as deletes") {
    Cluster cluster;
    Node node(cluster, 1, "home");
    auto& sql = node.sql();
    sql.exec("CREATE TABLE item (nr int PRIMARY KEY DEFERRABLE, t text); INSERT INTO item VALUES (1, 'a'), (2, 'b')");
    node.init_ok();
    sql.exec("UPDATE item SET nr = 3 WHERE nr = 1");
    CHECK(taken_events(sql) == "U[3] D[1]");
    sql.exec("UPDATE item SET nr = 5 - nr");
    const auto swapped = taken_events(sql);
    CHECK((swapped == "U[3] U[2]" || swapped == "U[2] U[3]"));
}

TEST_CASE("a table that cannot be replicated is named with its reason, and the others are captured") {
    Cluster cluster;
    Node node(cluster, 2, "work");
    node.sql().exec("CREATE TABLE keyless (x int); CREATE TABLE item (nr int PRIMARY KEY)");
    const auto output = node.init();
    CHECK(output.exit_code == 1);
    CHECK_THAT(output.err, contains("public.keyless cannot be replicated: it has no primary key"));
    CHECK_THAT(output.out, contains("captured table public.item"));
    CHECK(node.sql().value("SELECT table_name FROM replication.tables") == "item");

    node.options().tables = "[public.item, public.nosuch]";
    node.write_config();
    const auto absent = node.init();
    CHECK(absent.exit_code == 1);
    CHECK_THAT(absent.err, contains("public.nosuch cannot be replicated: there is no such table"));
}

TEST_CASE("the rules of the configuration reach the tables") {
    Cluster cluster;
    Node node(cluster, 2, "work");
    node.sql().exec(
        "CREATE TABLE account (nr int PRIMARY KEY); CREATE TABLE invoice (nr int PRIMARY KEY, status text)");
    node.options().extra =
        "conflicts:\n  tables:\n    public.account: {default: node_priority, priority: [1, 2]}\n"
        "    public.invoice: {default: strongest, strength: length(status), delete: last_update_wins}\n";
    node.write_config();
    node.init_ok();
    CHECK(
        node.sql().value("SELECT string_agg(concat_ws(' ', table_name, resolver, delete_resolver, priority, strength), "
                         "', ' ORDER BY table_name) FROM replication.tables") ==
        "account node_priority delete_wins {1,2}, invoice strongest last_update_wins {} length(status)");
}

TEST_CASE("writers need no right on the schema") {
    Cluster cluster;
    Node node(cluster, 2, "work");
    auto& sql = node.sql();
    sql.exec("CREATE TABLE item (nr int PRIMARY KEY, t text); CREATE ROLE writer; GRANT ALL ON item TO writer");
    node.init_ok();
    sql.exec(
        "SET ROLE writer; INSERT INTO item VALUES (1, 'a'); UPDATE item SET t = 'b'; DELETE FROM item; TRUNCATE item; "
        "RESET ROLE");
    CHECK(taken_events(sql) == "I[1] U[1] D[1] T[]");
}

TEST_CASE("sequences give this node's share, above the keys in use") {
    Cluster cluster;
    Node node(cluster, 2, "work");
    node.sql().exec(
        "CREATE TABLE item (nr bigserial PRIMARY KEY); CREATE TABLE used (nr bigserial PRIMARY KEY);"
        "INSERT INTO used SELECT FROM generate_series(1, 15)");
    CHECK_THAT(node.init().out, contains("partitioned sequence public.used_nr_seq (node 2 of 10)"));
    CHECK(node.sql().number("INSERT INTO item DEFAULT VALUES RETURNING nr") == 2);
    CHECK(node.sql().number("INSERT INTO item DEFAULT VALUES RETURNING nr") == 12);
    CHECK(node.sql().number("INSERT INTO used DEFAULT VALUES RETURNING nr") == 22);
    node.sql().exec("TRUNCATE used RESTART IDENTITY");
    CHECK(node.sql().number("INSERT INTO used DEFAULT VALUES RETURNING nr") == 32);
    const auto shown = node.json({"sequences"});
    CHECK(shown.at(0) ==
          boost::json::object{{"sequence", "public.item_nr_seq"}, {"node", 2}, {"max_nodes", 10}, {"last_value", 12}});

    for (const int wrong : {5, 15}) {
        node.options().max_nodes = wrong;
        node.write_config();
        const auto refused = node.init();
        CHECK(refused.exit_code == 2);
        CHECK_THAT(refused.err, contains("it can only grow, and by a whole factor") && contains("give 10, 20, 30"));
    }
}

TEST_CASE("a sequence that somebody moved is named, and set right by init") {
    Cluster cluster;
    Node node(cluster, 3, "work");
    node.sql().exec(
        "CREATE TABLE item (nr bigserial PRIMARY KEY); CREATE TABLE used (nr int PRIMARY KEY GENERATED ALWAYS AS "
        "IDENTITY)");
    node.init_ok();
    CHECK(node.ctl({"sequences"}).exit_code == 0);
    for (const std::string moved :
         {"SELECT setval('item_nr_seq', 500)", "SELECT setval('item_nr_seq', 501, false)",
          "ALTER SEQUENCE item_nr_seq INCREMENT BY 1", "ALTER TABLE used ALTER nr RESTART WITH 77"}) {
        INFO(moved);
        node.sql().exec(moved);
        const auto astray = node.ctl({"sequences"});
        CHECK(astray.exit_code == 1);
        CHECK_THAT(astray.err, contains("_nr_seq does not give the numbers of this node"));
        node.init_ok();
        CHECK(node.ctl({"sequences"}).exit_code == 0);
    }
    CHECK(node.sql().number("INSERT INTO item DEFAULT VALUES RETURNING nr") == 503);
    CHECK(node.sql().number("INSERT INTO used DEFAULT VALUES RETURNING nr") == 83);

    node.sql().exec("SELECT setval('item_nr_seq', 493)");
    const auto back = node.ctl({"sequences"});
    CHECK(back.exit_code == 1);
    CHECK_THAT(back.err, contains("public.item_nr_seq gives a number next that is in use already, 503"));
    node.init_ok();
    CHECK(node.sql().number("INSERT INTO item DEFAULT VALUES RETURNING nr") == 513);
}

TEST_CASE("sequences that count down, cycle, belong to a partition or a domain are shared too") {
    Cluster cluster;
    Node node(cluster, 3, "work");
    node.sql().exec(R"(
        CREATE SEQUENCE down INCREMENT BY -1;
        CREATE SEQUENCE around AS smallint MAXVALUE 25 CYCLE;
        CREATE SEQUENCE of_type;
        CREATE DOMAIN numbered AS integer DEFAULT nextval('of_type');
        CREATE TABLE t (id serial PRIMARY KEY, d integer DEFAULT nextval('down'), a smallint DEFAULT nextval('around'), n numbered);
        CREATE TABLE "Parted" (nr serial, PRIMARY KEY (nr)) PARTITION BY RANGE (nr);
        CREATE TABLE "Leaf 1" (nr serial PRIMARY KEY);
        ALTER TABLE "Parted" ATTACH PARTITION "Leaf 1" DEFAULT;
        INSERT INTO t (d) VALUES (-4))");
    node.init_ok();
    CHECK(node.ctl({"sequences"}).exit_code == 0);
    node.sql().exec("INSERT INTO t (id) VALUES (DEFAULT), (DEFAULT), (DEFAULT), (DEFAULT)");
    CHECK(node.sql().value("SELECT string_agg(d || ' ' || a || ' ' || n, ', ' ORDER BY id) FROM t WHERE d < -4") ==
          "-7 3 3, -17 13 13, -27 23 23, -37 3 33");
    CHECK(node.sql().number("INSERT INTO \"Leaf 1\" DEFAULT VALUES RETURNING nr") == 3);
    const auto shown = node.json({"sequences"});
    CHECK(shown.as_array().size() == 6);
    for (const auto& sequence : shown.as_array())
        CHECK(sequence.at("max_nodes") == 10);
}

TEST_CASE("a number that is drawn while init runs is not given again") {
    Cluster cluster;
    Node node(cluster, 3, "work");
    node.sql().exec("CREATE TABLE item (nr bigserial PRIMARY KEY)");
    Database user(node.conninfo());
    user.exec("BEGIN; SELECT setval('item_nr_seq', nextval('item_nr_seq') + 40)");
    auto init = std::async(std::launch::async, [&] { return node.init(); });
    wait_until(10s, "init waits for the sequence", [&] {
        return node.sql().number(
                   "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'item_nr_seq'::regclass") == 1;
    });
    user.exec("COMMIT");
    CHECK(init.get().exit_code == 0);
    CHECK(node.sql().number("SELECT nextval('item_nr_seq')") == 43);
}

TEST_CASE("sequences --max-nodes gives this node some of the numbers that were its own already") {
    Cluster cluster;
    Node node(cluster, 3, "work");
    node.sql().exec("CREATE TABLE item (nr bigserial PRIMARY KEY)");
    node.init_ok();
    CHECK(node.sql().number("INSERT INTO item DEFAULT VALUES RETURNING nr") == 3);
    for (const std::string wrong : {"5", "25", "0", "many", "10001"}) {
        INFO(wrong);
        const auto refused = node.ctl({"sequences", "--max-nodes", wrong});
        CHECK(refused.exit_code == 2);
        CHECK(refused.err.size() > 40);
    }
    const auto widened = node.ctl({"sequences", "--max-nodes", "20"});
    INFO(widened.err);
    CHECK(widened.exit_code == 0);
    CHECK_THAT(widened.out,
               contains("partitioned sequence public.item_nr_seq (node 3 of 20)") && contains("max_nodes: 20"));
    CHECK(node.sql().number("INSERT INTO item DEFAULT VALUES RETURNING nr") == 23);
    CHECK(node.json({"sequences"}).at(0).at("max_nodes") == 20);
    CHECK(node.init().exit_code == 2);  // the file still says 10
    node.sql().exec("CREATE TABLE later (nr bigserial PRIMARY KEY)");
    CHECK(node.ctl({"tables", "add", "public.later"}).exit_code == 0);
    CHECK(node.ctl({"sequences"}).exit_code == 0);
    CHECK(node.sql().number("INSERT INTO later DEFAULT VALUES RETURNING nr") == 3);
    node.options().max_nodes = 20;
    node.write_config();
    node.init_ok();
    CHECK(node.sql().number("INSERT INTO item DEFAULT VALUES RETURNING nr") == 43);
}

TEST_CASE("sequences of other columns are partitioned too, whatever they fill") {
    Cluster cluster;
    Node node(cluster, 2, "work");
    node.sql().exec(
        "CREATE SEQUENCE bill; CREATE TABLE item (code text PRIMARY KEY DEFAULT 'B' || nextval('bill'),"
        " beside int GENERATED ALWAYS AS IDENTITY, small smallserial);"
        "INSERT INTO item DEFAULT VALUES; INSERT INTO item (small) VALUES (31)");
    node.init_ok();
    CHECK(node.sql().value("INSERT INTO item DEFAULT VALUES RETURNING concat_ws(' ', code, beside, small)") ==
          "B12 12 32");
    CHECK(node.json({"sequences"}).as_array().size() == 3);
}

TEST_CASE("another node's database and a newer schema are refused, and nothing changes") {
    Cluster cluster;
    Node node(cluster, 2, "work");
    node.init_ok();
    auto text = read_file(node.config());
    text.replace(text.find("node: 2"), 7, "node: 3");
    write_file(node.config(), text);
    const auto foreign = node.init();
    CHECK(foreign.exit_code == 2);
    CHECK_THAT(foreign.err, contains("belongs to node 2 (work)"));
    CHECK(node.sql().number("SELECT node FROM replication.nodes") == 2);

    node.write_config();
    node.sql().exec("UPDATE replication.config SET value = '99' WHERE key = 'schema_version'");
    const auto newer = node.init();
    CHECK(newer.exit_code == 1);
    CHECK_THAT(newer.err, contains("made by a newer pg_trompe; upgrade this program"));
}

TEST_CASE("tables that take part in inheritance are refused with the reason, parents and children") {
    Cluster cluster;
    Node node(cluster, 2, "work");
    node.sql().exec(
        "CREATE TABLE parent (nr int PRIMARY KEY); CREATE TABLE child (PRIMARY KEY (nr)) INHERITS (parent); CREATE "
        "TABLE item (nr int PRIMARY KEY)");
    const auto init = node.init();
    CHECK(init.exit_code == 1);
    for (const std::string table : {"parent", "child"}) {
        CHECK_THAT(init.err,
                   contains("public." + table +
                            " cannot be replicated: it takes part in table inheritance, whose changes triggers "
                            "cannot see right"));
    }
    CHECK(node.sql().value("SELECT string_agg(table_name, ',') FROM replication.tables") == "item");
}

TEST_CASE("a schema named replication that is somebody else's is left alone") {
    Cluster cluster;
    Node node(cluster, 2, "work");
    node.sql().exec("CREATE SCHEMA replication; CREATE TABLE replication.mine (x int)");
    const auto output = node.init();
    CHECK(output.exit_code == 1);
    CHECK_THAT(output.err, contains("a schema named replication that is not pg_trompe's"));
}

TEST_CASE("a table that somebody uses for long makes init give up, with nothing done") {
    Cluster cluster;
    Node node(cluster, 2, "work");
    node.sql().exec("CREATE TABLE item (nr int PRIMARY KEY)");
    Database user(node.conninfo());
    user.exec("BEGIN");
    user.exec("INSERT INTO item VALUES (1)");
    const auto output = node.init();
    CHECK(output.exit_code == 1);
    CHECK_THAT(output.err, contains("cannot lock table public.item"));
    CHECK(node.sql().value("SELECT coalesce(to_regnamespace('replication')::text, 'none')") == "none");
}

TEST_CASE("uninit takes triggers, functions and schema away, and leaves the data") {
    Cluster cluster;
    Node node(cluster, 2, "work");
    node.sql().exec("CREATE TABLE item (nr bigserial PRIMARY KEY)");
    node.init_ok();
    node.sql().exec("INSERT INTO item DEFAULT VALUES");
    CHECK(node.ctl({"uninit"}).exit_code == 0);
    CHECK(node.sql().number("SELECT count(*) FROM pg_trigger") == 0);
    CHECK(node.sql().number("SELECT count(*) FROM pg_namespace WHERE nspname = 'replication'") == 0);
    CHECK(node.sql().number("SELECT count(*) FROM pg_proc WHERE proname LIKE 'capture%'") == 0);
    CHECK(node.sql().number("INSERT INTO item DEFAULT VALUES RETURNING nr") == 12);
    node.init_ok();
}
