#include "tests/system/verify.hpp"
#include "tests/support/catch.hpp"
#include "tests/system/ask.hpp"
#include "tests/system/interleaving.hpp"
#include "tests/system/items.hpp"

using namespace tromp::test;

/// `trompctl verify` finds what differs, all of it, and nothing else. What is on its way is in verify_moving.test.cpp.
namespace {

using Keys = std::vector<std::string>;

}  // namespace

TEST_CASE("verify says that equal tables are equal") {
    auto tree = Tree::chain(3, with_items());
    auto& b = tree[1];
    b.sql().exec("INSERT INTO item SELECT i, 'row ' || i FROM generate_series(1, 1000) i");
    tree.sync_all();
    const auto output = b.ctl({"verify"});
    INFO(output.err);
    CHECK(output.exit_code == 0);
    CHECK_THAT(output.out, contains("1 table compared with neighbour 1 (a): equal"));
    CHECK_THAT(output.out, contains("1 table compared with neighbour 3 (c): equal"));
    CHECK(output.err.empty());
    const auto one = b.ctl({"--json", "verify", "c"});
    CHECK(one.exit_code == 0);
    const auto answer = boost::json::parse(one.out);
    CHECK(answer.as_array().size() == 1);
    const auto table = verdict(answer, "public.item");
    CHECK(table.at("rows") == 1000);
    CHECK(table.at("neighbour") == 3);
    CHECK(figures(table) == "0, 0, 0, 0, 0");
    tree.stop_all();
    CHECK(b.ctl({"verify"}).exit_code == 0);  // it needs no daemon
}

TEST_CASE("verify counts and names the rows that differ, each way that they can") {
    auto tree = Tree::chain(2, with_items());
    auto& a = tree[0];
    auto& b = tree[1];
    a.sql().exec("INSERT INTO item SELECT i, 'row ' || i FROM generate_series(1, 100) i");
    tree.sync_all();
    behind_its_back(a, "DELETE FROM item WHERE nr IN (3, 97)");
    behind_its_back(b, "DELETE FROM item WHERE nr = 50; INSERT INTO item VALUES (101, 'only b')");
    behind_its_back(b, "UPDATE item SET name = 'other' WHERE nr IN (7, 8); UPDATE item SET name = NULL WHERE nr = 9");
    const auto table = verdict(verify(a, 1), "public.item");
    CHECK(figures(table) == "3, 1, 3, 0, 0");
    CHECK(differing(table) == Keys{"[101] missing_here", "[3] missing_here", "[50] missing_there", "[7] different",
                                   "[8] different", "[97] missing_here", "[9] different"});
    CHECK(table.at("rows") == 98);
    CHECK(table.at("rows_there") == 100);
    CHECK(figures(verdict(verify(b, 1), "public.item")) == "1, 3, 3, 0, 0");
    const auto output = a.ctl({"verify", "b"});
    CHECK(output.exit_code == 1);
    CHECK_THAT(output.out, contains("public.item, missing here: [3] [97] [101]\n"));
    CHECK_THAT(output.out, contains("public.item, missing there: [50]\n"));
    CHECK_THAT(output.out, contains("public.item, different: [7] [8] [9]\n"));
    CHECK_THAT(output.out, contains("7 rows differ; trompctl repair b makes them equal"));
}

TEST_CASE("verify finds a hundred rows of many, in whatever span they are, and shows the first of them") {
    auto tree = Tree::chain(2, with_items());
    auto& a = tree[0];
    auto& b = tree[1];
    for (const auto& node : tree.nodes())
        behind_its_back(*node,
                        "INSERT INTO item SELECT i * 7, 'row ' || i FROM generate_series(1, 60000) i; ANALYZE item");
    CHECK(figures(verdict(verify(a, 0), "public.item")) == "0, 0, 0, 0, 0");
    behind_its_back(b, "UPDATE item SET name = name || '!' WHERE nr % (7 * 600) = 7");
    const auto table = verdict(verify(a, 1), "public.item");
    CHECK(figures(table) == "0, 0, 100, 0, 0");
    CHECK(table.at("keys").as_array().size() == 100);
    const auto output = a.ctl({"verify"});
    CHECK_THAT(output.out, contains(": [7] [4207]"));
    CHECK_THAT(output.out, contains("public.item: and 80 more\n"));
    SECTION("and where an end has none of them") {
        behind_its_back(b, "DELETE FROM item");
        const auto emptied = verdict(verify(a, 1), "public.item");
        CHECK(figures(emptied) == "0, 60000, 0, 0, 0");
        CHECK(emptied.at("keys").as_array().size() == 1000);
        CHECK(figures(verdict(verify(b, 1), "public.item")) == "60000, 0, 0, 0, 0");
    }
    SECTION("and where they lie close together, behind the last row of the other end") {
        behind_its_back(b, "UPDATE item SET name = 'row ' || nr / 7; DELETE FROM item WHERE nr > 7 * 40000");
        CHECK(figures(verdict(verify(a, 1), "public.item")) == "0, 20000, 0, 0, 0");
        CHECK(figures(verdict(verify(b, 1), "public.item")) == "20000, 0, 0, 0, 0");
    }
}

TEST_CASE("verify compares what both ends have, however each stores it") {
    TwoTables nodes(
        "CREATE TABLE t (nr int, kind int, name text, doubled int GENERATED ALWAYS AS (kind * 2) STORED, PRIMARY KEY "
        "(nr, kind)) PARTITION BY LIST (kind); CREATE TABLE t_one PARTITION OF t FOR VALUES IN (1); CREATE TABLE "
        "t_rest PARTITION OF t DEFAULT",
        "CREATE TABLE t (extra text DEFAULT 'mine', name text, gone int, kind int, nr int, PRIMARY KEY (nr, kind), "
        "doubled "
        "int GENERATED ALWAYS AS (kind * 3) STORED); ALTER TABLE t DROP COLUMN gone");
    const std::string rows =
        "INSERT INTO t (nr, kind, name) SELECT i, i % 3, 'n' || i FROM generate_series(1, 9000) i; ANALYZE";
    behind_its_back(nodes.a, rows);
    behind_its_back(nodes.b, rows);
    const auto table = verdict(verify(nodes.a, 0), "public.t");
    CHECK(table.at("rows") == 9000);
    CHECK(boost::json::serialize(table.at("not_shared")) == "[\"extra\"]");
    CHECK_THAT(nodes.a.ctl({"verify"}).out, contains("public.t: only one end has extra"));
    behind_its_back(nodes.a, "UPDATE t SET name = 'x' WHERE nr = 4; DELETE FROM t WHERE nr = 8999");
    CHECK(differing(verdict(verify(nodes.b, 1), "public.t")) == Keys{"[4,1] different", "[8999,2] missing_there"});
}

TEST_CASE("verify names a table that does not fit, and compares the others") {
    TwoTables nodes(
        "CREATE TABLE fits (nr int PRIMARY KEY); CREATE TABLE odd (nr int PRIMARY KEY, v int); CREATE TABLE ours (nr "
        "int PRIMARY KEY)",
        "CREATE TABLE fits (nr int PRIMARY KEY); CREATE TABLE odd (nr int PRIMARY KEY, v text); CREATE TABLE theirs "
        "(nr int PRIMARY KEY)");
    const auto answer = verify(nodes.a, 1);
    CHECK(figures(verdict(answer, "public.fits")) == "0, 0, 0, 0, 0");
    const auto odd = verdict(answer, "public.odd");
    CHECK(odd.at("rows").is_null());
    CHECK(figures(odd) == "null, null, null, null, null");
    CHECK_THAT(std::string(odd.at("error").as_string()), contains("column v is text at b, but integer here"));
    CHECK_THAT(std::string(verdict(answer, "public.ours").at("error").as_string()), contains("not at b"));
    CHECK_THAT(std::string(verdict(answer, "public.theirs").at("error").as_string()), contains("not here"));
    const auto output = nodes.a.ctl({"verify"});
    CHECK_THAT(output.out, contains("public.odd was not compared: "));
    CHECK_THAT(output.out, contains("1 table compared with neighbour 2 (b): equal\n3 tables were not compared"));
    CHECK(nodes.a.ctl({"verify", "--table", "public.fits"}).exit_code == 0);
    CHECK(nodes.a.ctl({"verify", "--table", "public.o*"}).exit_code == 1);
}

TEST_CASE("verify says what it cannot do") {
    auto tree = Tree::chain(3, with_items());
    auto& b = tree[1];
    const auto fails = [&](const Argv& arguments, int exit, const std::string& words) {
        const auto output = b.ctl(arguments);
        INFO(output.out << output.err);
        CHECK(output.exit_code == exit);
        CHECK_THAT(output.err, contains(words));
    };
    fails({"verify", "--table", "public.no"}, 2, "no such table is replicated here or at a");
    fails({"verify", "--table", "item"}, 2, "give schema and table");
    fails({"verify", "nobody"}, 2, "is not a neighbour");
    b.link(tree[0], {.database = false});
    fails({"verify", "a"}, 2, "run trompctl verify there");
    fails({"verify"}, 0, "note: 1 (a) has no `database`, so it is left out");
    b.unlink(tree[2]);
    b.write_config();
    fails({"verify"}, 2, "no neighbour to compare with");
    b.link(tree[2], {.conninfo = "host=127.0.0.1 port=1 dbname=c"});
    fails({"verify"}, 3, "neighbour 3 (c)");
    b.link(tree[2], {.conninfo = tree[0].conninfo()});
    fails({"verify"}, 1, "`database` of neighbour 3 (c) is that of node 1");
    b.cluster().create_database("bare");
    b.link(tree[2], {.conninfo = b.cluster().conninfo("bare")});
    fails({"verify"}, 1, "run trompctl init there");
}

TEST_CASE("a difference is certain, whoever else cannot be reached") {
    auto tree = Tree::chain(3, with_items());
    auto& b = tree[1];
    behind_its_back(tree[0], "INSERT INTO item VALUES (1, 'only a')");
    b.link(tree[2], {.conninfo = "host=127.0.0.1 port=1 dbname=c"});
    const auto output = b.ctl({"verify"});
    CHECK(output.exit_code == 1);
    CHECK_THAT(output.err, contains("neighbour 3 (c)"));
}

TEST_CASE("verify counts held rows apart") {
    TreeOptions options;
    options.schema = "CREATE TABLE person (nr bigint PRIMARY KEY, mail text UNIQUE)";
    auto tree = Tree::chain(2, options);
    tree[1].sql().exec("ALTER TABLE person ADD CHECK (mail <> 'refused')");
    tree[0].sql().exec("INSERT INTO person VALUES (1, 'taken'), (2, 'refused')");
    tree.sync_all();
    REQUIRE(held_keys(tree[1]) == "[2]");
    CHECK(figures(verdict(verify(tree[0], 1), "public.person")) == "0, 0, 0, 1, 0");
    CHECK(figures(verdict(verify(tree[1], 1), "public.person")) == "0, 0, 0, 1, 0");
    const auto output = tree[0].ctl({"verify"});
    CHECK_THAT(output.out, contains("public.person, held: [2]"));
    CHECK_THAT(output.out, contains("equal but for rows that are held"));
    CHECK_THAT(output.out, contains("trompctl held, here and there"));
}
