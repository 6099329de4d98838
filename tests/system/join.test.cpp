#include <future>
#include <memory>

#include "tests/support/catch.hpp"
#include "tests/support/tree.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/ask.hpp"
#include "tests/system/interleaving.hpp"

using namespace tromp::test;

/// Two databases are brought together: docs/resync.md.
namespace {

const std::string items = "CREATE TABLE item (nr bigint PRIMARY KEY, v text)";

/// a and b, whose daemons run; `of_a` and `of_b` were there before init.
Tree filled(const std::string& of_a, const std::string& of_b) {
    TreeOptions options;
    options.schema = items;
    options.start = false;
    auto tree = Tree::chain(2, options);
    if (!of_a.empty()) tree[0].sql().exec(of_a);
    if (!of_b.empty()) tree[1].sql().exec(of_b);
    tree.init_all();
    tree.start_all();
    return tree;
}

std::string rows(int first, int last, const std::string& v) {
    return "INSERT INTO item SELECT i, '" + v + "' FROM generate_series(" + std::to_string(first) + ", " +
           std::to_string(last) + ") i";
}

void join_ok(Node& node, const std::string& neighbour) {
    const auto join = node.ctl({"join", neighbour});
    INFO(join.out << join.err << tail(node.log(), 30));
    REQUIRE(join.exit_code == 0);
}

}  // namespace

TEST_CASE("an empty database joins a filled one, and has all of it") {
    auto tree = filled(rows(1, 20000, "of a"), "");
    join_ok(tree[1], "a");
    CHECK(tree[1].sql().number("SELECT count(*) FROM item") == 20000);
    tree.sync_all();
    tree.check_equal({"item"});
    CHECK(losers(tree[0], "item").empty());
    CHECK(losers(tree[1], "item").empty());
    tree[0].sql().exec("UPDATE item SET v = 'later' WHERE nr = 7");
    tree[1].sql().exec("DELETE FROM item WHERE nr = 8");
    tree.sync_all();
    tree.check_equal({"item"});
    check_logs_drained(tree);
}

TEST_CASE("a filled database takes an empty one in, asked at its own end") {
    auto tree = filled(rows(1, 3000, "of a"), "");
    join_ok(tree[0], "b");
    tree.sync_all();
    tree.check_equal({"item"});
    CHECK(tree[1].sql().number("SELECT count(*) FROM item") == 3000);
    CHECK(losers(tree[0], "item").empty());
    CHECK(losers(tree[1], "item").empty());
}

TEST_CASE("two filled databases join: no row is lost, and of two the one that loses is kept") {
    const int asked_at = GENERATE(0, 1);
    auto tree = filled(rows(1, 100, "of a") + ";" + rows(201, 300, "alike"),
                       rows(51, 150, "of b") + ";" + rows(201, 300, "alike"));
    join_ok(tree[static_cast<std::size_t>(asked_at)], asked_at == 0 ? "b" : "a");
    tree.sync_all();
    tree.check_equal({"item"});
    CHECK(tree[0].sql().number("SELECT count(*) FROM item") == 250);
    CHECK(losers(tree[0], "item").size() + losers(tree[1], "item").size() == 50);
    check_logs_drained(tree);
}

TEST_CASE("both ends ask for a join at the same moment, and it is done once") {
    auto tree = filled(rows(1, 2000, "of a"), rows(1001, 3000, "of b"));
    auto other = std::async(std::launch::async, [&tree] { return tree[0].ctl({"join", "b"}); });
    join_ok(tree[1], "a");
    CHECK(other.get().exit_code == 0);
    tree.sync_all();
    tree.check_equal({"item"});
    CHECK(tree[0].sql().number("SELECT count(*) FROM item") == 3000);
}

TEST_CASE("users write at both ends while they join: none of it is lost, at whatever step") {
    auto tree = filled(rows(1, 12000, "old a"), rows(3001, 15000, "old b"));
    auto& a = tree[0];
    auto& b = tree[1];
    // a compares: it has the lower number, and neither is merely behind.
    a.faults().arm("apply.locked", Faults::Action::pause);
    auto join = std::async(std::launch::async, [&b] { return b.ctl({"join", "a"}); });
    a.faults().wait_reached("apply.locked");
    // Keys of the first span, whose rows are locked, and of later ones; of both ends, and of one.
    std::vector<std::unique_ptr<Database>> waiting;
    const auto later = [&](Node& node, const std::string& statement) {
        waiting.push_back(std::make_unique<Database>(node.conninfo()));
        waiting.back()->async_exec(statement);
    };
    later(a, "UPDATE item SET v = 'new a' WHERE nr IN (10, 3010, 9010)");
    later(a, "DELETE FROM item WHERE nr IN (11, 3011, 9011)");
    b.sql().exec("UPDATE item SET v = 'new b' WHERE nr IN (3020, 9020, 14020)");
    b.sql().exec("DELETE FROM item WHERE nr IN (3021, 9021, 14021)");
    b.sql().exec("INSERT INTO item VALUES (12, 'inserted b'), (20001, 'inserted b')");
    a.sql().exec("INSERT INTO item VALUES (14500, 'inserted a'), (20002, 'inserted a')");
    a.sql().exec("UPDATE item SET v = 'both a' WHERE nr = 9500");
    b.sql().exec("UPDATE item SET v = 'both b' WHERE nr = 9500");
    a.faults().release("apply.locked");
    for (const auto& session : waiting)
        session->finish();
    const auto output = join.get();
    INFO(output.out << output.err << tail(a.log(), 20));
    REQUIRE(output.exit_code == 0);
    tree.sync_all();
    tree.check_equal({"item"});
    auto& sql = a.sql();
    const auto lost = [&](const std::string& condition) {
        const auto query = "SELECT count(*) FROM replication.conflicts WHERE " + condition;
        return sql.number(query) + b.sql().number(query);
    };
    for (const auto* const written :
         {"new a:10", "new a:3010", "new a:9010", "new b:3020", "new b:9020", "new b:14020", "inserted b:20001",
          "inserted a:20002", "inserted b:12", "inserted a:14500", "both a:9500", "both b:9500"}) {
        const std::string text(written);
        const auto value = text.substr(0, text.find(':'));
        const auto nr = text.substr(text.find(':') + 1);
        INFO(text);
        const bool stands = sql.number("SELECT count(*) FROM item WHERE nr = " + nr + " AND v = '" + value + "'") == 1;
        CHECK((stands || lost("key = '[" + nr + "]' AND loser_row ->> 'v' = '" + value + "'") > 0));
    }
    for (const auto* const nr : {"11", "3011", "9011", "3021", "9021", "14021"}) {
        INFO(nr);
        const bool gone = sql.number("SELECT count(*) FROM item WHERE nr = " + std::string(nr)) == 0;
        CHECK((gone || lost("key = '[" + std::string(nr) + "]' AND loser_row IS NULL") > 0));
    }
    check_logs_drained(tree);
}

TEST_CASE("a join goes on where it was when daemons are killed at any step") {
    auto tree = filled(rows(1, 12000, "old a"), rows(3001, 15000, "old b"));
    auto& a = tree[0];
    auto& b = tree[1];
    REQUIRE(b.ctl({"pause"}).exit_code == 0);
    auto join = b.ctl({"join", "a"});
    CHECK(join.exit_code == 1);
    CHECK_THAT(join.err, contains("paused"));
    for (const auto* const point :
         {"greet.read", "greet.committed", "stage.events", "stage.done", "apply.looked", "apply.merged",
          "apply.forwarded", "apply.before_commit", "apply.commit_sent", "apply.committed"}) {
        INFO(point);
        a.faults().arm(point, Faults::Action::kill);
        if (!a.is_running()) a.start();
        if (b.ctl({"resume"}).exit_code != 0) FAIL("resume");
        a.faults().wait_reached(point);
        REQUIRE(a.wait_exit(std::chrono::seconds(10)));
        a.faults().clear();
    }
    a.start();
    join_ok(b, "a");
    tree.sync_all();
    tree.check_equal({"item"});
    CHECK(a.sql().number("SELECT count(*) FROM item") == 15000);
    CHECK(losers(a, "item").size() + losers(b, "item").size() == 9000);
}

TEST_CASE("a table that one end stops replicating is not waited for, when the others are equal") {
    TreeOptions options;
    options.schema = items + "; CREATE TABLE given_up (LIKE item INCLUDING ALL)";
    options.start = false;
    auto tree = Tree::chain(2, options);
    auto& a = tree[0];
    auto& b = tree[1];
    a.sql().exec(rows(1, 10, "of a") + "; INSERT INTO given_up VALUES (1, 'of a')");
    b.sql().exec(rows(6, 15, "of b") + "; INSERT INTO given_up VALUES (1, 'of b')");
    tree.init_all();
    a.faults().arm("stage.done", Faults::Action::kill);
    tree.start_all();
    auto join = std::async(std::launch::async, [&b] { return b.ctl({"join", "a"}); });
    a.faults().wait_reached("stage.done");
    REQUIRE(a.wait_exit(std::chrono::seconds(10)));
    a.faults().clear();
    CHECK(a.sql().number("SELECT count(*) FROM replication.comparing WHERE NOT done") == 2);
    b.sql().exec("ALTER TABLE given_up ALTER COLUMN v TYPE varchar");
    a.start();
    wait_until(std::chrono::seconds(20), "what the join waits for is told", [&a] {
        return a.ctl({"status"}).out.find("compared, 15 differed; table public.given_up") != std::string::npos;
    });
    REQUIRE(b.ctl({"tables", "remove", "public.given_up"}).exit_code == 0);
    const auto output = join.get();
    INFO(output.out << output.err << tail(a.log(), 30));
    REQUIRE(output.exit_code == 0);
    tree.sync_all();
    tree.check_equal({"item"});
    CHECK(a.sql().number("SELECT count(*) FROM replication.comparing") == 0);
}

TEST_CASE("a join that is asked for while the ends greet each other is not forgotten") {
    TreeOptions options;
    options.schema = items;
    options.start = false;
    auto tree = Tree::chain(2, options);
    auto& a = tree[0];
    a.sql().exec(rows(1, 10, "of a"));
    tree[1].sql().exec(rows(6, 15, "of b"));
    tree.init_all();
    a.faults().arm("greet.read", Faults::Action::pause);
    tree.start_all();
    a.faults().wait_reached("greet.read");
    advance_to(a, "greet.read", "greet.committed");
    advance_to(a, "greet.committed", "greet.read");  // it has learnt the name of b's end, and is about to use it
    auto join = std::async(std::launch::async, [&a] { return a.ctl({"join", "b"}); });
    wait_until(std::chrono::seconds(10), "the join is asked for",
               [&a] { return a.sql().number("SELECT count(*) FROM replication.nodes WHERE asked IS NOT NULL") == 1; });
    a.faults().release("greet.read");
    const auto output = join.get();
    INFO(output.out << output.err << tail(a.log(), 20));
    REQUIRE(output.exit_code == 0);
    tree.sync_all();
    tree.check_equal({"item"});
    CHECK(a.sql().number("SELECT count(*) FROM item") == 15);
}

TEST_CASE("a TRUNCATE at either end in the middle of a join, leaves both equal") {
    const std::size_t truncates = GENERATE(std::size_t{0}, std::size_t{1});
    auto tree = filled(rows(1, 12000, "old a"), rows(3001, 15000, "old b"));
    auto& a = tree[0];
    a.faults().arm("apply.committed", Faults::Action::pause);
    auto join = std::async(std::launch::async, [&tree] { return tree[1].ctl({"join", "a"}); });
    a.faults().wait_reached("apply.committed");
    tree[truncates].sql().exec("TRUNCATE item");
    tree[truncates].sql().exec("INSERT INTO item VALUES (30000, 'after it')");
    a.faults().release("apply.committed");
    const auto output = join.get();
    INFO(output.out << output.err << tail(a.log(), 20));
    REQUIRE(output.exit_code == 0);
    tree.sync_all();
    tree.check_equal({"item"});
    CHECK(a.sql().number("SELECT count(*) FROM item WHERE nr = 30000") == 1);
    check_logs_drained(tree);
}

TEST_CASE("a node joins a tree: what the join brings goes on to all") {
    TreeOptions options;
    options.schema = items;
    options.start = false;
    auto tree = Tree::chain(3, options);
    tree[1].sql().exec(rows(1, 500, "of b"));
    tree[2].sql().exec(rows(251, 750, "of c"));
    tree.init_all();
    tree.start_all();
    join_ok(tree[0], "b");
    join_ok(tree[2], "b");
    tree.sync_all();
    tree.check_equal({"item"});
    CHECK(tree[0].sql().number("SELECT count(*) FROM item") == 750);
    check_logs_drained(tree);
}

TEST_CASE("repair makes equal what was changed behind the back of replication") {
    const std::string from = GENERATE("", "here", "there");
    auto tree = filled(rows(1, 5000, "alike"), rows(1, 5000, "alike"));
    auto& a = tree[0];
    auto& b = tree[1];
    tree.sync_all();
    b.sql().exec(
        "SET session_replication_role = replica; UPDATE item SET v = 'bent' WHERE nr = 2500; DELETE FROM item "
        "WHERE nr = 2501; INSERT INTO item VALUES (6000, 'more'); RESET session_replication_role");
    CHECK(b.ctl({"verify", "a"}).exit_code == 1);
    Argv repair{"repair", "a", "--table", "public.item"};
    if (!from.empty()) repair.insert(repair.end(), {"--from", from});
    auto dry_run = repair;
    dry_run.emplace_back("--dry-run");
    const auto told = b.ctl(dry_run);
    CHECK(told.exit_code == 0);
    CHECK_THAT(told.out, contains("3 rows would be made equal"));
    CHECK_THAT(told.out,
               contains(std::string("public.item [2500]: overwrite ") + (from == "there" ? "here" : "there")));
    CHECK_THAT(told.out,
               contains(std::string("public.item [2501]: ") + (from == "here" ? "delete there" : "insert here")));
    CHECK_THAT(told.out,
               contains(std::string("public.item [6000]: ") + (from == "there" ? "delete here" : "insert there")));
    CHECK(b.ctl({"verify", "a"}).exit_code == 1);
    const auto output = b.ctl(repair);
    INFO(output.out << output.err << tail(b.log(), 20));
    REQUIRE(output.exit_code == 0);
    CHECK(b.ctl({"verify", "a"}).exit_code == 0);
    tree.sync_all();
    tree.check_equal({"item"});
    auto& sql = a.sql();
    const std::string rows_now =
        sql.value("SELECT string_agg(nr || v, ' ' ORDER BY nr) FROM item WHERE nr IN (2500, 2501, 6000)");
    if (from == "here") CHECK(rows_now == "2500bent 6000more");
    if (from == "there") CHECK(rows_now == "2500alike 2501alike");
    if (from.empty()) CHECK(rows_now == "2500bent 2501alike 6000more");
    if (from.empty()) CHECK(sql.number("SELECT count(*) FROM item WHERE nr IN (2500, 2501, 6000)") == 3);
    // What lost is kept: of the row that differed the other one, and what was taken away.
    const auto kept = losers(a, "item").size() + losers(b, "item").size();
    CHECK(kept == (from.empty() ? 1U : 2U));
    check_logs_drained(tree);
}

TEST_CASE("a neighbour that is away too long is stale, and made equal when it is back") {
    auto tree = filled(rows(1, 1000, "alike"), rows(1, 1000, "alike"));
    auto& a = tree[0];
    auto& b = tree[1];
    tree.sync_all();
    b.stop();
    a.options().extra = "limits: {stale_after: 1s}\n";
    a.link(b);
    a.restart();
    a.sql().exec("UPDATE item SET v = 'of a' WHERE nr <= 100; DELETE FROM item WHERE nr BETWEEN 201 AND 300");
    b.sql().exec("UPDATE item SET v = 'of b' WHERE nr BETWEEN 91 AND 110; DELETE FROM item WHERE nr = 400");
    wait_value(a, "SELECT stale FROM replication.nodes WHERE node = 2", "t");
    wait_value(a, "SELECT count(*) FROM replication.log", "0");
    b.start();
    tree.sync_all();
    tree.check_equal({"item"});
    CHECK(a.sql().number("SELECT count(*) FROM item") == 899);
    CHECK(a.sql().number("SELECT count(*) FROM item WHERE v = 'of a' AND nr <= 90") == 90);
    CHECK(a.sql().number("SELECT count(*) FROM item WHERE v = 'of b' AND nr BETWEEN 101 AND 110") == 10);
    CHECK(losers(a, "item").size() + losers(b, "item").size() == 10);
    check_logs_drained(tree);
}

TEST_CASE("an empty database joins with --schema: tables, rows, and what belongs to them") {
    Cluster cluster;
    NodeOptions options;
    options.ddl = "{capture: true}";
    Node a(cluster, 1, "a", options);
    Node b(cluster, 2, "b", options);
    a.sql().exec(
        "CREATE TYPE mood AS ENUM ('fine', 'tired'); CREATE SCHEMA \"odd one\";"
        "CREATE TABLE person (nr serial PRIMARY KEY, name text NOT NULL, mood mood);"
        "CREATE TABLE \"odd one\".\"Note\" (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), person int REFERENCES "
        "person, text text);"
        "CREATE INDEX ON person (name); CREATE VIEW tired AS SELECT * FROM person WHERE mood = 'tired';"
        "INSERT INTO person (name, mood) SELECT 'p' || i, 'tired' FROM generate_series(1, 500) i;"
        "INSERT INTO \"odd one\".\"Note\" (person, text) SELECT i, 'note' FROM generate_series(1, 100) i");
    a.options().tables = "['*.*']";
    b.options().tables = "['*.*']";
    a.link(b);
    b.link(a);
    a.init_ok();
    a.start();
    b.launch();
    const auto join = b.ctl({"join", "a", "--schema"});
    INFO(join.out << join.err << tail(b.log(), 20));
    REQUIRE(join.exit_code == 0);
    CHECK(b.sql().number("SELECT count(*) FROM tired") == 500);
    CHECK(b.sql().number("SELECT count(*) FROM \"odd one\".\"Note\"") == 100);
    b.sql().exec("INSERT INTO person (name) VALUES ('of b')");
    REQUIRE(b.sync().exit_code == 0);
    CHECK(a.sql().value("SELECT nr % 10 FROM person WHERE name = 'of b'") == "2");
    CHECK(b.ctl({"verify"}).exit_code == 0);
    // Again it does no harm.
    CHECK(b.ctl({"join", "a", "--schema"}).exit_code == 0);
}
