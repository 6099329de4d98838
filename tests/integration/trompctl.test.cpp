// The other commands of trompctl against a real database, without a daemon.

#include <boost/json.hpp>
#include <string>

#include "tests/integration/taken_events.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/cluster.hpp"
#include "tests/support/database.hpp"
#include "tests/support/node.hpp"

using namespace tromp::test;

namespace {

/// A node whose file names `neighbour` as its only neighbour, without a database.
void add_neighbour(Node& node, int number) {
    node.options().extra = "neighbours: [{node: " + std::to_string(number) + ", name: other}]\n";
    node.write_config();
}

}  // namespace

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

TEST_CASE("remove looks once more at what was taken from the neighbour without a row to lock") {
    Cluster cluster;
    Node node(cluster, 2, "work");
    add_neighbour(node, 1);
    node.sql().exec("CREATE TABLE item (nr int PRIMARY KEY)");
    node.init_ok();
    node.sql().exec("INSERT INTO replication.nodes (node, name, is_self) VALUES (3, 'third', false)");
    // A delete of row 1 was taken from the neighbour while a user's insert was under way; row 2 had been looked at.
    node.sql().exec("INSERT INTO item VALUES (1), (2)");
    node.sql().exec(
        "INSERT INTO replication.unlocked SELECT 1, e.tbl, e.nr, e.key, CASE e.nr WHEN 2 THEN ARRAY[e.id] ELSE '{}' END"
        " FROM replication.events e");
    CHECK(node.ctl({"remove", "other"}).exit_code == 0);
    CHECK(node.sql().number("SELECT count(*) FROM replication.events WHERE nr = 1") == 2);
    CHECK(node.sql().number("SELECT count(*) FROM replication.events WHERE nr = 2") == 1);
    CHECK(node.sql().number("SELECT count(*) FROM replication.unlocked") == 0);
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
    CHECK_THAT(error_of({"join", "1"}), contains("1"));
    CHECK_THAT(error_of({"join"}), contains("the NEIGHBOUR to join is missing"));
    CHECK_THAT(error_of({"held", "retry", "x"}), contains("is not an ID"));
    CHECK_THAT(error_of({"held", "discard"}), contains("the ID is missing"));
    CHECK_THAT(error_of({"init", "now"}), contains("'now' is too much"));
}
