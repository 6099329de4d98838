// trompctl against a real database, without a daemon.

#include <boost/json.hpp>
#include <string>

#include "tests/support/catch.hpp"
#include "tests/support/cluster.hpp"
#include "tests/support/database.hpp"
#include "tests/support/node.hpp"
#include "tests/support/temp_dir.hpp"

using namespace tromp::test;

namespace {

/// The log as "I[1] U[2]", and an empty log afterwards.
std::string taken_events(Database& sql) {
    const auto text =
        sql.value("SELECT coalesce(string_agg(action || key::text, ' ' ORDER BY id), '') FROM replication.log");
    sql.exec("DELETE FROM replication.events");
    return text;
}

/// A node whose file names `neighbour` as its only neighbour, without a database.
void add_neighbour(Node& node, int number) {
    node.options().extra = "neighbours: [{node: " + std::to_string(number) + ", name: other}]\n";
    node.write_config();
}

}  // namespace

TEST_CASE("init on an empty database makes the schema, and again is harmless") {
    Cluster cluster;
    Node node(cluster, 2, "work");
    const auto first = node.init();
    CHECK(first.exit_code == 0);
    CHECK_THAT(first.out, contains("made schema replication, version 1"));
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

TEST_CASE("the rules of the configuration reach the tables; strongest is refused for its table") {
    Cluster cluster;
    Node node(cluster, 2, "work");
    node.sql().exec(
        "CREATE TABLE account (nr int PRIMARY KEY); CREATE TABLE invoice (nr int PRIMARY KEY, status text)");
    node.options().extra =
        "conflicts:\n  tables:\n    public.account: {default: node_priority, priority: [1, 2]}\n"
        "    public.invoice: {default: strongest, strength: '1'}\n";
    node.write_config();
    const auto output = node.init();
    CHECK(output.exit_code == 1);
    CHECK_THAT(output.err, contains("public.invoice") && contains("'strongest' comes with a later version"));
    CHECK(node.sql().value("SELECT table_name || ' ' || resolver || ' ' || priority::text FROM replication.tables") ==
          "account node_priority {1,2}");
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
    CHECK(taken_events(sql) == "I[1] U[1] D[1]");
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
    const auto shown = node.json({"sequences"});
    CHECK(shown.at(0) ==
          boost::json::object{{"sequence", "public.item_nr_seq"}, {"node", 2}, {"max_nodes", 10}, {"last_value", 12}});

    node.options().max_nodes = 5;
    node.write_config();
    const auto smaller = node.init();
    CHECK(smaller.exit_code == 2);
    CHECK_THAT(smaller.err, contains("it can only grow"));
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

TEST_CASE("without init every command says so; without a server it exits 3") {
    Cluster cluster;
    Node node(cluster, 2, "work");
    for (const Argv& command :
         {Argv{"status"}, Argv{"tables", "list"}, Argv{"conflicts"}, Argv{"pause"}, Argv{"grants"}}) {
        CAPTURE(command);
        const auto output = node.ctl(command);
        CHECK(output.exit_code == 1);
        CHECK_THAT(output.err, contains("is not initialised for replication; run trompctl"));
    }
    CHECK(node.ctl({"sync"}).exit_code == 3);
    cluster.stop();
    CHECK(node.ctl({"status"}).exit_code == 3);
    CHECK(node.init().exit_code == 3);
}

TEST_CASE("status without a daemon tells what the database knows, and what it does not know is null") {
    Cluster cluster;
    Node node(cluster, 2, "work");
    add_neighbour(node, 1);
    node.sql().exec("CREATE TABLE item (nr int PRIMARY KEY)");
    node.init_ok();
    const auto idle = node.status();
    CHECK(idle.at("node").at("daemon") == "stopped");
    CHECK(idle.at("neighbours").at(0).at("state").is_null());
    CHECK(idle.at("neighbours").at(0).at("to_receive").at("events").is_null());
    CHECK(idle.at("safe_to_go_offline") == true);

    node.sql().exec("INSERT INTO item VALUES (1), (2)");
    const auto busy = node.status();
    CHECK(busy.at("neighbours").at(0).at("to_send").at("events") == 2);
    CHECK(busy.at("log").at("events") == 2);
    CHECK(busy.at("safe_to_go_offline") == false);
    CHECK_THAT(node.ctl({"status"}).out, contains("it is not running"));

    node.sql().exec("UPDATE replication.nodes SET acknowledged = pg_current_snapshot() WHERE node = 1");
    node.sql().exec("INSERT INTO item VALUES (3)");
    CHECK(node.status().at("neighbours").at(0).at("to_send").at("events") == 1);
}

TEST_CASE("pause, resume and remove change the database, by number or by name") {
    Cluster cluster;
    Node node(cluster, 2, "work");
    add_neighbour(node, 1);
    node.init_ok();
    const auto paused = [&] { return node.sql().value("SELECT paused FROM replication.nodes WHERE node = 1"); };
    CHECK(node.ctl({"pause", "other"}).exit_code == 0);
    CHECK(paused() == "t");
    CHECK(node.status().at("neighbours").at(0).at("state") == "paused");
    CHECK(node.ctl({"resume", "1"}).exit_code == 0);
    CHECK(paused() == "f");
    CHECK(node.ctl({"pause"}).exit_code == 0);
    CHECK(paused() == "t");
    const auto wrong = node.ctl({"pause", "7"});
    CHECK(wrong.exit_code == 2);
    CHECK_THAT(wrong.err, contains("it has 1 (other)"));

    const auto removed = node.ctl({"remove", "other"});
    CHECK(removed.exit_code == 0);
    CHECK_THAT(removed.out, contains("- node: 1"));
    CHECK(node.sql().number("SELECT count(*) FROM replication.nodes") == 1);
}

TEST_CASE("tables come and go, with the lines for the file") {
    Cluster cluster;
    Node node(cluster, 2, "work");
    auto& sql = node.sql();
    sql.exec(
        "CREATE TABLE item (nr int PRIMARY KEY); CREATE SCHEMA other; CREATE TABLE other.thing (nr int PRIMARY KEY)");
    node.init_ok();
    const auto added = node.ctl({"tables", "add", "other.thing"});
    CHECK(added.exit_code == 0);
    CHECK_THAT(added.out, contains("- 'other.thing'"));
    CHECK(node.json({"tables", "list"}).as_array().size() == 2);
    sql.exec("INSERT INTO other.thing VALUES (1)");
    CHECK(taken_events(sql) == "I[1]");

    const auto removed = node.ctl({"tables", "remove", "public.item"});
    CHECK(removed.exit_code == 0);
    CHECK_THAT(removed.out, contains("- '!public.item'"));
    CHECK(node.ctl({"tables", "remove", "public.item"}).exit_code == 1);
    sql.exec("INSERT INTO item VALUES (1)");
    CHECK(taken_events(sql).empty());
    CHECK_THAT(node.init().err, contains("table other.thing is replicated, but no longer matched"));
}

TEST_CASE("tables check compares with the neighbours") {
    Cluster cluster;
    Node home(cluster, 1, "home");
    Node work(cluster, 2, "work");
    home.sql().exec("CREATE TABLE item (nr int PRIMARY KEY, t text)");
    work.sql().exec("CREATE TABLE item (nr int PRIMARY KEY, t text)");
    work.link(home);
    work.init_ok();
    CHECK_THAT(work.ctl({"tables", "check"}).err, contains("run trompctl init there"));
    home.init_ok();
    CHECK(work.ctl({"tables", "check"}).exit_code == 0);

    home.sql().exec("ALTER TABLE item ALTER t TYPE varchar(10), ADD extra date");
    CHECK(work.ctl({"tables", "check"}).exit_code == 1);
    const auto differences = work.json({"tables", "check"}).as_array();
    REQUIRE(differences.size() == 2);
    CHECK(differences[0].at("fact") == "column extra");
    CHECK(differences[0].at("here").is_null());
    CHECK(differences[1].at("there") == "character varying(10)");
}

TEST_CASE("what grants prints runs, and the roles can do their part") {
    Cluster cluster;
    Node node(cluster, 2, "work");
    node.sql().exec("CREATE TABLE item (nr bigserial PRIMARY KEY)");
    node.init_ok();
    const auto output = node.ctl({"grants", "--applier", "least", "--reader", "least reader"});
    REQUIRE(output.exit_code == 0);
    node.sql().exec(output.out);
    node.sql().exec(output.out);

    Database reader(cluster.conninfo("work", "least reader"));
    CHECK(reader.number("SELECT count(*) FROM item, replication.events") == 0);
    CHECK_THROWS_AS(reader.exec("INSERT INTO item DEFAULT VALUES"), SqlError);
    Database applier(cluster.conninfo("work", "least"));
    applier.exec("UPDATE replication.nodes SET name = name; INSERT INTO item VALUES (5); SELECT replication.node()");
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

TEST_CASE("a conflict's loser comes back as a new change: a row, or a delete") {
    Cluster cluster;
    Node node(cluster, 2, "work");
    auto& sql = node.sql();
    sql.exec(
        R"(CREATE TABLE item (nr int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, t text, up text GENERATED ALWAYS AS (upper(t)) STORED);
                CREATE TABLE line (a int, b text, v int, PRIMARY KEY (a, b)))");
    node.init_ok();
    sql.exec(
        "INSERT INTO item OVERRIDING SYSTEM VALUE VALUES (1, 'won'); INSERT INTO line VALUES (1, 'x', 1), (1, 'y', 2)");
    sql.exec(
        R"(INSERT INTO replication.conflicts (type, schema_name, table_name, key, loser_row, resolver, neighbour) VALUES
        ('update_origin_differs', 'public', 'item', '[1]', '{"nr": 1, "t": "lost", "up": "LOST"}', 'last_update_wins', 1),
        ('update_deleted', 'public', 'item', '[2]', '{"nr": 2, "t": "gone", "up": "GONE"}', 'delete_wins', 1),
        ('delete_origin_differs', 'public', 'line', '[1, "x"]', NULL, 'last_update_wins', 1))");
    CHECK(node.json({"conflicts", "list"}).as_array().size() == 3);
    CHECK_THAT(node.ctl({"conflicts", "show", "1"}).out, contains("LOST") && contains("won"));
    taken_events(sql);

    CHECK(node.ctl({"conflicts", "restore", "1"}).exit_code == 0);
    CHECK(taken_events(sql) == "U[1]");
    CHECK(sql.value("SELECT t || up FROM item WHERE nr = 1") == "lostLOST");
    CHECK(node.ctl({"conflicts", "restore", "2"}).exit_code == 0);
    CHECK(taken_events(sql) == "I[2]");
    CHECK(node.ctl({"conflicts", "restore", "3"}).exit_code == 0);
    CHECK(taken_events(sql) == R"(D[1, "x"])");
    CHECK(sql.number("SELECT count(*) FROM replication.conflicts WHERE restored_at IS NULL") == 0);

    const auto again = node.ctl({"conflicts", "restore", "1"});
    CHECK(again.exit_code == 1);
    CHECK_THAT(again.err, contains("was restored already"));
    const auto unknown = node.ctl({"conflicts", "restore", "99"});
    CHECK(unknown.exit_code == 1);
    CHECK_THAT(unknown.err, contains("there is no conflict 99"));
    CHECK(taken_events(sql).empty());
    CHECK_THAT(node.ctl({"conflicts", "purge", "--older-than", "0s"}).out, contains("deleted 3"));
}

TEST_CASE("a command line that is wrong exits 2 and says what would be right") {
    Cluster cluster;
    Node node(cluster, 2, "work");
    const auto error_of = [&](const Argv& arguments) {
        const auto output = node.ctl(arguments);
        CAPTURE(arguments);
        CHECK(output.exit_code == 2);
        return output.err;
    };
    CHECK_THAT(error_of({"stauts"}), contains("did you mean status?"));
    CHECK_THAT(error_of({"sync", "--wiat"}), contains("did you mean --wait?"));
    CHECK_THAT(error_of({"sync", "--timeout", "60"}), contains("is not a duration"));
    CHECK_THAT(error_of({"join", "1"}), contains("not in this version"));
    CHECK_THAT(error_of({"held", "retry"}), contains("not in this version"));
    CHECK_THAT(error_of({"init", "now"}), contains("'now' is too much"));
}
