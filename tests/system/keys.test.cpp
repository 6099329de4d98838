#include "tests/support/catch.hpp"
#include "tests/system/interleaving.hpp"

using namespace tromp::test;

namespace {

const std::vector<std::string> tables = {"by_number", "by_deferred", "by_two",  "by_uuid",    "by_text",
                                         "by_date",   "by_stamp",    "by_char", "by_odd_name"};

TreeOptions many_keys() {
    TreeOptions options;
    options.schema =
        "CREATE TABLE by_number (nr bigint PRIMARY KEY, v text);"
        "CREATE TABLE by_deferred (nr int, v text, PRIMARY KEY (nr) DEFERRABLE INITIALLY DEFERRED);"
        "CREATE TABLE by_two (a int, b text, v text, PRIMARY KEY (a, b));"
        "CREATE TABLE by_uuid (id uuid PRIMARY KEY, v text);"
        "CREATE TABLE by_text (id text PRIMARY KEY, v text);"
        "CREATE TABLE by_date (day date, n numeric, yes boolean, v text, PRIMARY KEY (day, n, yes));"
        "CREATE TABLE by_stamp (at timestamptz, f float8, v text, PRIMARY KEY (at, f));"
        "CREATE TABLE by_char (c char(5), b bytea, v text, PRIMARY KEY (b, c));"
        "CREATE TABLE by_odd_name (\"the \"\"Key\"\" 'x'\" int, \"other\\key\" text, \"V é\" text, PRIMARY KEY (\"the "
        "\"\"Key\"\" 'x'\", \"other\\key\"))";
    return options;
}

/// Every text that a COPY, a literal, JSON or a pattern could take for something else.
const char* const odd_texts =
    "ARRAY['', ' ', '''', '\"', E'\\t', E'\\n', E'\\r\\n', E'\\\\', '\\N', '\\.', E'\\\\n', E'a\\tb', 'NULL', 'null', "
    "'{}', '[1]', '1', '01', '1.0',"
    " '%', '_', ',', ';', '--', '/*', '$1', ':v', ':''v''', 'ä', 'a\u0308', '日本', '🐘', E'\\x01', E'\\x7f', "
    "E'\\b\\f\\v', 'e', 'é', 'E', repeat('x', 2000)]";

void finish(Tree& tree) {
    check_settled(tree, tables);
}

}  // namespace

TEST_CASE("rows with keys of any type and text go there, change and go away") {
    auto tree = Tree::chain(3, many_keys());
    auto& sql = tree[0].sql();
    const std::string odd = odd_texts;
    sql.exec("INSERT INTO by_text SELECT x, x FROM unnest(" + odd + ") x");
    sql.exec("INSERT INTO by_two SELECT i, x, x FROM unnest(" + odd + ") x, generate_series(-1, 1) i");
    sql.exec("INSERT INTO by_odd_name SELECT i, x, x FROM unnest(" + odd + ") x, generate_series(1, 2) i");
    sql.exec("INSERT INTO by_uuid SELECT gen_random_uuid(), i::text FROM generate_series(1, 50) i");
    sql.exec("INSERT INTO by_char SELECT left(x, 5), convert_to(x, 'UTF8'), x FROM unnest(" + odd + ") x");
    sql.exec(
        "SET datestyle = 'German'; SET timezone = 'Asia/Kolkata'; SET extra_float_digits = 0;"
        "INSERT INTO by_date VALUES ('2024-02-29', 1.0, true, 'a'), ('2024-02-29', 1.00, false, 'b'), ('infinity', "
        "'NaN', true, 'c'), ('4000-01-01 BC', -1e30, true, 'd');"
        "INSERT INTO by_stamp VALUES ('2024-03-31 01:30 Europe/Berlin', 0.1, 'a'), ('2024-03-31 01:30:00.000001 UTC', "
        "1e-300, 'b'),"
        " ('-infinity', 'NaN', 'c'), ('0044-03-15 BC', '-Infinity', 'd'), ('2024-10-27 02:30 CET', 0.1::float8 + "
        "0.2::float8, 'e'); RESET ALL");
    finish(tree);
    REQUIRE(tree[2].sql().number("SELECT count(*) FROM by_text") == sql.number("SELECT cardinality(" + odd + ")"));
    // From another node, with other settings, so that the key's text must not depend on them.
    Database other(tree[2].conninfo());
    other.exec(
        "SET datestyle = 'SQL, DMY'; SET timezone = 'America/New_York'; SET extra_float_digits = 3; SET bytea_output = "
        "'escape'");
    other.exec(
        "UPDATE by_text SET v = v || '!'; UPDATE by_two SET v = v || '!' WHERE a <> 0; UPDATE by_uuid SET v = v || '!' "
        "WHERE v::int % 2 = 0;"
        "UPDATE by_date SET v = v || '!'; UPDATE by_stamp SET v = v || '!'; UPDATE by_char SET v = v || '!'; UPDATE "
        "by_odd_name SET \"V é\" = 'x'");
    finish(tree);
    CHECK(sql.number("SELECT count(*) FROM by_stamp WHERE v LIKE '_!'") == 5);
    CHECK(sql.number("SELECT count(*) FROM by_date WHERE v LIKE '_!'") == 4);
    sql.exec(
        "UPDATE by_text SET id = id || 'new'; UPDATE by_two SET a = a + 3; UPDATE by_stamp SET at = at + '1 day'; "
        "UPDATE by_date SET n = n + 1;"
        "UPDATE by_odd_name SET \"other\\key\" = \"other\\key\" || E'\\\\\\n'; UPDATE by_char SET b = b || '\\x00'");
    finish(tree);
    for (const auto& table : tables)
        tree[1].sql().exec("DELETE FROM " + table);
    finish(tree);
    for (const auto& table : tables)
        CHECK(sql.number("SELECT count(*) FROM " + table) == 0);
}

TEST_CASE("changed keys leave no row under the old key") {
    auto tree = Tree::chain(2, many_keys());
    auto& sql = tree[0].sql();
    sql.exec(
        "INSERT INTO by_number SELECT i, 'row ' || i FROM generate_series(1, 20) i; INSERT INTO by_text SELECT "
        "i::text, 'row ' || i FROM generate_series(1, 20) i");
    finish(tree);
    SECTION("to keys that were free") {
        sql.exec("UPDATE by_number SET nr = nr + 100; UPDATE by_text SET id = id || 'x'");
    }
    SECTION("along a chain, each to the key of the one before") {
        sql.exec("DELETE FROM by_number WHERE nr = 1; DELETE FROM by_text WHERE id = '1'");
        for (int nr = 2; nr <= 20; ++nr) {
            const auto from = std::to_string(nr);
            const auto to = std::to_string(nr - 1);
            sql.exec("UPDATE by_number SET nr = " + to + " WHERE nr = " + from + "; UPDATE by_text SET id = '" + to +
                     "' WHERE id = '" + from + "'");
        }
    }
    SECTION("there and back in one transaction") {
        sql.exec("BEGIN; UPDATE by_number SET nr = -nr; UPDATE by_number SET nr = -nr, v = v || '!'; COMMIT");
    }
    SECTION("and a new row under the old key") {
        sql.exec("BEGIN; UPDATE by_number SET nr = 100 WHERE nr = 1; INSERT INTO by_number VALUES (1, 'new'); COMMIT");
    }
    const auto before = table_image(sql, "by_number") + table_image(sql, "by_text");
    finish(tree);
    CHECK(table_image(tree[1].sql(), "by_number") + table_image(tree[1].sql(), "by_text") == before);
}

TEST_CASE("swapped keys come out swapped") {
    auto tree = Tree::chain(3, many_keys());
    auto& sql = tree[0].sql();
    sql.exec(
        "INSERT INTO by_number VALUES (1, 'one'), (2, 'two'), (3, 'three'); INSERT INTO by_deferred VALUES (1, 'one'), "
        "(2, 'two'), (3, 'three');"
        "INSERT INTO by_two VALUES (1, 'x', 'one x'), (1, 'y', 'one y'), (2, 'x', 'two x')");
    finish(tree);
    SECTION("through a value between") {
        sql.exec(
            "BEGIN; UPDATE by_number SET nr = -1 WHERE nr = 1; UPDATE by_number SET nr = 1 WHERE nr = 2; UPDATE "
            "by_number SET nr = 2 WHERE nr = -1; COMMIT");
        sql.exec(
            "UPDATE by_two SET b = 't' WHERE a = 1 AND b = 'x'; UPDATE by_two SET b = 'x' WHERE a = 1 AND b = 'y'; "
            "UPDATE by_two SET b = 'y' WHERE b = 't'");
        finish(tree);
        CHECK(tree[2].sql().value("SELECT string_agg(nr || v, ' ' ORDER BY nr) FROM by_number") == "1two 2one 3three");
        CHECK(tree[2].sql().value("SELECT string_agg(a || b || v, ' ' ORDER BY a, b) FROM by_two") ==
              "1xone y 1yone x 2xtwo x");
    }
    SECTION("in one statement, where the key is deferrable") {
        sql.exec("UPDATE by_deferred SET nr = nr % 3 + 1");
        finish(tree);
        CHECK(tree[2].sql().value("SELECT string_agg(nr || v, ' ' ORDER BY nr) FROM by_deferred") ==
              "1three 2one 3two");
        tree[2].sql().exec(
            "BEGIN; UPDATE by_deferred SET nr = 2 WHERE nr = 1; UPDATE by_deferred SET nr = 1 WHERE v = 'one'; COMMIT");
        finish(tree);
        CHECK(sql.value("SELECT string_agg(nr || v, ' ' ORDER BY nr) FROM by_deferred") == "1one 2three 3two");
    }
}

TEST_CASE("swaps of keys at both ends at once end equal") {
    auto tree = Tree::chain(2, many_keys());
    tree[0].sql().exec("INSERT INTO by_deferred VALUES (1, 'one'), (2, 'two'), (3, 'three')");
    tree.sync_all();
    hold_pulls(tree[0]);
    hold_pulls(tree[1]);
    tree[0].sql().exec("UPDATE by_deferred SET nr = nr % 3 + 1");
    tree[1].sql().exec("UPDATE by_deferred SET nr = 4 - nr");
    for (const auto& node : tree.nodes())
        release_pulls(*node);
    tree.sync_all();
    tree.check_equal({"by_deferred"});
    CHECK(tree[0].sql().value("SELECT string_agg(nr || v, ' ' ORDER BY nr) FROM by_deferred") == "1three 2two 3one");
    check_logs_drained(tree);
}
