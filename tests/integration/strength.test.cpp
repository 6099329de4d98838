#include <algorithm>
#include <string>
#include <utility>

#include "tests/support/catch.hpp"
#include "tests/support/node.hpp"

using namespace tromp::test;

namespace {

/// A YAML text.
std::string quoted(const std::string& expression) {
    std::string result = "'";
    for (const char c : expression)
        result += c == '\'' ? "''" : std::string(1, c);
    return result + "'";
}

/// Puts the rule into the node's file.
void set_strength(Node& node, const std::string& expression, const std::string& deletes = "last_update_wins") {
    node.options().extra = "conflicts:\n  tables:\n    public.item: {default: strongest, delete: " + deletes +
                           ", strength: " + quoted(expression) + "}\n";
    node.write_config();
}

/// The log as "I[1]=2 U[2]=0", and an empty log afterwards.
std::string taken_strengths(Node& node) {
    const auto text = node.sql().value(
        "SELECT coalesce(string_agg(action || key::text || '=' || strength, ' ' ORDER BY id), '') FROM "
        "replication.log");
    node.sql().exec("DELETE FROM replication.events");
    return text;
}

constexpr const char* by_status = "case status when 'paid' then 2 when 'open' then 1 end";

}  // namespace

TEST_CASE("every change is as strong as the expression says of its row, a delete as the row that goes") {
    Cluster cluster;
    Node node(cluster, 2, "work");
    auto& sql = node.sql();
    sql.exec("CREATE TABLE item (nr int PRIMARY KEY DEFERRABLE, status text)");
    set_strength(node, by_status);
    node.init_ok();
    sql.exec("INSERT INTO item VALUES (1, 'paid'), (2, 'open')");
    CHECK(taken_strengths(node) == "I[1]=2 I[2]=1");
    sql.exec("UPDATE item SET status = 'open' WHERE nr = 1");
    CHECK(taken_strengths(node) == "U[1]=1");
    sql.exec("UPDATE item SET nr = 3, status = 'paid' WHERE nr = 1");
    CHECK(taken_strengths(node) == "U[3]=2 D[1]=1");
    sql.exec("UPDATE item SET nr = 5 - nr");  // they change places
    CHECK(taken_strengths(node) == "U[3]=1 U[2]=2");
    sql.exec("DELETE FROM item WHERE nr = 2");
    CHECK(taken_strengths(node) == "D[2]=2");
    sql.exec("TRUNCATE item");
    CHECK(taken_strengths(node) == "T[]=-Infinity");

    set_strength(node, by_status, "delete_wins");
    node.init_ok();
    sql.exec("INSERT INTO item VALUES (1, 'open')");
    sql.exec("UPDATE item SET nr = 2");
    sql.exec("DELETE FROM item");
    CHECK(taken_strengths(node) == "I[1]=1 U[2]=1 D[1]=Infinity D[2]=Infinity");
}

TEST_CASE("changes of any kind of key have their strength, also those of several keys that move at once") {
    Cluster cluster;
    Node node(cluster, 2, "work");
    auto& sql = node.sql();
    sql.exec(
        "CREATE TABLE item (a int, \"b % c\" date, status text COLLATE \"C\", PRIMARY KEY (a, \"b % c\") DEFERRABLE)");
    set_strength(node, by_status);
    node.init_ok();
    sql.exec("INSERT INTO item VALUES (1, '2026-01-01', 'paid'), (2, '2026-01-01', 'open'), (3, '2026-01-01', 'paid')");
    CHECK(taken_strengths(node) == R"(I[1, "2026-01-01"]=2 I[2, "2026-01-01"]=1 I[3, "2026-01-01"]=2)");
    sql.exec("UPDATE item SET a = a + 1, status = 'open'");
    const auto moved = taken_strengths(node);
    CHECK_THAT(moved, contains(R"(U[2, "2026-01-01"]=1)") && contains(R"(U[3, "2026-01-01"]=1)") &&
                          contains(R"(U[4, "2026-01-01"]=1)") && contains(R"(D[1, "2026-01-01"]=2)"));
    CHECK(std::count(moved.begin(), moved.end(), '=') == 4);
    sql.exec("DELETE FROM item WHERE a = 4");
    CHECK(taken_strengths(node) == R"(D[4, "2026-01-01"]=1)");
}

TEST_CASE("an error, null or NaN counts as 0, for that row alone, and only deletes are infinite") {
    Cluster cluster;
    Node node(cluster, 2, "work");
    auto& sql = node.sql();
    sql.exec("CREATE TABLE item (nr int PRIMARY KEY, v numeric, found int, \"Odd % name\" int)");
    set_strength(node, "10 / v + found + \"Odd % name\"");
    node.init_ok();
    sql.exec("INSERT INTO item VALUES (1, 5, 1, 0), (2, 0, 1, 0), (3, NULL, 1, 0), (4, 'NaN', 1, 0), (5, 2, 1, 1)");
    CHECK(taken_strengths(node) == "I[1]=3 I[2]=0 I[3]=0 I[4]=0 I[5]=7");
    sql.exec("UPDATE item SET found = 0");
    sql.exec("DELETE FROM item");
    CHECK(taken_strengths(node) == "U[1]=2 U[2]=0 U[3]=0 U[4]=0 U[5]=6 D[1]=2 D[2]=0 D[3]=0 D[4]=0 D[5]=6");
    set_strength(node, "v::double precision");
    node.init_ok();
    sql.exec("INSERT INTO item VALUES (1, '1e400'), (2, 1e300)");
    CHECK(taken_strengths(node) == "I[1]=0 I[2]=1e+300");
    if (std::stoi(sql.value("SHOW server_version_num")) < 140000) return;  // numeric has no infinity
    sql.exec("INSERT INTO item VALUES (3, 'Infinity'), (4, '-Infinity')");
    CHECK(taken_strengths(node) == "I[3]=1.7976931348623157e+308 I[4]=-1.7976931348623157e+308");
}

TEST_CASE("whatever becomes of the columns that a strength uses, users go on writing") {
    Cluster cluster;
    Node node(cluster, 2, "work");
    auto& sql = node.sql();
    sql.exec(
        "CREATE TYPE mood AS ENUM ('sad', 'happy'); CREATE TABLE item (nr int PRIMARY KEY, m mood, v int);"
        "INSERT INTO item VALUES (1, 'sad', 1)");
    set_strength(node, "v + case m when 'happy' then 10 else 0 end");
    node.init_ok();
    sql.exec("SET trompd.own_work = 'on'");  // as where no event trigger is, which would refuse it
    const auto write = [&](const std::string& change, const std::string& expected) {
        INFO(change);
        sql.exec(change);
        sql.exec("UPDATE item SET nr = nr");
        CHECK(taken_strengths(node) == expected);
    };
    write("UPDATE item SET m = 'happy'", "U[1]=11 U[1]=11");
    write("ALTER TABLE item RENAME COLUMN v TO w", "U[1]=0");
    write("ALTER TABLE item RENAME COLUMN w TO v", "U[1]=11");
    write("ALTER TABLE item ALTER COLUMN m TYPE text; DROP TYPE mood", "U[1]=0");
    Database fresh(cluster.conninfo("work"));
    fresh.exec("UPDATE item SET nr = nr");
    CHECK(taken_strengths(node) == "U[1]=0");
    node.init_ok();
    write("UPDATE item SET v = 2", "U[1]=12 U[1]=12");
    write("ALTER TABLE item DROP COLUMN v", "U[1]=0");
    write("ALTER TABLE item RENAME TO thing; ALTER TABLE thing RENAME TO item", "U[1]=0");
    // Nothing of ours keeps the table.
    sql.exec("DROP TABLE item");
}

TEST_CASE(
    "a strength that is not a number of the row alone is refused with table and expression, the others are taken") {
    Cluster cluster;
    Node node(cluster, 2, "work");
    node.sql().exec(
        "CREATE TABLE item (nr int PRIMARY KEY, status text, v numeric); CREATE TABLE other (nr int PRIMARY KEY);"
        "CREATE FUNCTION half(numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT $1 / 2'");
    const std::pair<std::string, std::string> refused[] = {
        {"v +", "syntax error"},
        {"case v when 1 then 2", "syntax error"},
        {"v), (v", "syntax error"},
        {"nosuch", "column \"nosuch\" does not exist"},
        {"other.nr", "missing FROM-clause"},
        {"status", "of type text"},
        {"status = 'paid'", "of type boolean"},
        {"random()", "not immutable"},
        {"extract(epoch from now())", "not immutable"},
        {"(select max(nr) from item)", "subquery"},
        {"max(v)", "aggregate functions are not allowed"},
        {"tableoid::int", "tableoid"},
        {"half(v)", "need their schema"},
    };
    for (const auto& [expression, reason] : refused) {
        set_strength(node, expression);
        const auto output = node.init();
        INFO(expression);
        CHECK(output.exit_code == 1);
        CHECK_THAT(output.err, contains("public.item cannot be replicated") && contains("\"" + expression + "\"") &&
                                   contains(reason));
        CHECK(node.sql().value("SELECT string_agg(table_name, ' ') FROM replication.tables") == "other");
        CHECK(node.sql().number("SELECT count(*) FROM pg_class WHERE relname = 'strength_check'") == 0);
    }
}

TEST_CASE("a strength's functions are those of init, whatever search_path and rights the writer has") {
    Cluster cluster;
    Node node(cluster, 2, "work");
    auto& sql = node.sql();
    sql.exec(
        "CREATE TABLE item (nr int PRIMARY KEY, status text);"
        "CREATE FUNCTION half(int) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT $1 / 2.0';"
        "CREATE ROLE writer; GRANT ALL ON item TO writer; CREATE SCHEMA evil AUTHORIZATION writer; SET ROLE writer;"
        "CREATE FUNCTION evil.length(text) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 99';"
        "RESET ROLE");
    set_strength(node, "public.half(length(status))");
    node.init_ok();
    sql.exec("SET ROLE writer; SET search_path = evil, pg_catalog, public; INSERT INTO item VALUES (1, 'paid')");
    sql.exec("RESET ROLE; RESET search_path");
    CHECK(taken_strengths(node) == "I[1]=2");
}

TEST_CASE("a changed strength is in force after init, and goes with the rule and with the table") {
    Cluster cluster;
    Node node(cluster, 2, "work");
    auto& sql = node.sql();
    sql.exec("CREATE TABLE item (nr int PRIMARY KEY, v int)");
    const auto functions = [&] {
        return sql.number("SELECT count(*) FROM pg_proc WHERE proname ~ '^strength_[0-9]+$'");
    };
    set_strength(node, "v");
    node.init_ok();
    sql.exec("INSERT INTO item VALUES (1, 5)");
    set_strength(node, "-v");
    node.init_ok();
    sql.exec("UPDATE item SET v = 6");
    CHECK(taken_strengths(node) == "I[1]=5 U[1]=-6");
    CHECK(functions() == 1);
    node.options().extra.clear();
    node.write_config();
    node.init_ok();
    sql.exec("UPDATE item SET v = 7");
    CHECK(taken_strengths(node) == "U[1]=0");
    CHECK(functions() == 0);
    set_strength(node, "v");
    node.init_ok();
    CHECK(functions() == 1);
    CHECK(node.ctl({"tables", "remove", "public.item"}).exit_code == 0);
    CHECK(functions() == 0);
}
