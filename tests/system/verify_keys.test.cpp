#include "tests/support/catch.hpp"
#include "tests/system/verify.hpp"

using namespace tromp::test;

/// Keys of any type, order and spelling: how verify walks a table, and how it tells rows apart.
namespace {

using Keys = std::vector<std::string>;

}  // namespace

TEST_CASE("verify walks keys of any type") {
    const std::string schema =
        "CREATE TYPE mood AS ENUM ('sad', 'glad'); CREATE DOMAIN mail AS text CHECK (value <> '');"
        "CREATE TABLE by_two (a int, b text, v text, PRIMARY KEY (a, b));"
        "CREATE TABLE by_uuid (id uuid PRIMARY KEY, v text);"
        "CREATE TABLE by_text (id text COLLATE \"de-x-icu\" PRIMARY KEY, v text);"
        "CREATE TABLE by_bytes (id text COLLATE \"C\" PRIMARY KEY, v text);"
        "CREATE TABLE by_mail (id mail PRIMARY KEY, v text);"
        "CREATE TABLE by_mood (m mood, n int, v text, PRIMARY KEY (m, n));"
        "CREATE TABLE by_number (n numeric PRIMARY KEY, v text);"
        "CREATE TABLE by_float (f float8 PRIMARY KEY, v text);"
        "CREATE TABLE by_stamp (at timestamptz, day date, v text, PRIMARY KEY (at, day));"
        "CREATE TABLE by_char (c char(5), b bytea, v text, PRIMARY KEY (c, b));"
        "CREATE TABLE by_array (l int[] PRIMARY KEY, v text);"
        "CREATE TABLE \"Odd\" (\"the \"\"Key\"\" 'x'\" text PRIMARY KEY, \"V é\" text)";
    TwoTables nodes(schema, schema);
    const std::string rows =
        "INSERT INTO by_two SELECT i % 7, 'k' || i, 'v' FROM generate_series(1, 12000) i;"
        "INSERT INTO by_uuid SELECT md5(i::text)::uuid, 'v' FROM generate_series(1, 12000) i;"
        "INSERT INTO by_text SELECT x || i, 'v' FROM generate_series(1, 2000) i, unnest(ARRAY['a', 'A', 'ä', 'Ä', 'z', "
        "'Z', '-', ' ']) x;"
        "INSERT INTO by_bytes SELECT * FROM by_text;"
        "INSERT INTO by_mail SELECT 'M' || i || '@x', 'v' FROM generate_series(1, 12000) i;"
        "INSERT INTO by_mood SELECT CASE i % 2 WHEN 0 THEN 'sad' ELSE 'glad' END::mood, i, 'v' FROM generate_series(1, "
        "300) i;"
        "INSERT INTO by_number SELECT i / 10.0, 'v' FROM generate_series(1, 12000) i; INSERT INTO by_number VALUES "
        "('NaN', 'v');"
        "INSERT INTO by_float SELECT i / 10.0, 'v' FROM generate_series(1, 12000) i; INSERT INTO by_float VALUES "
        "('NaN', 'v'), ('-0', 'v'), ('Infinity', 'v'), ('-Infinity', 'v');"
        "INSERT INTO by_stamp SELECT timestamptz '2024-03-31 00:00 UTC' + i * interval '1 s', '2024-02-29', 'v' FROM "
        "generate_series(1, 12000) i; INSERT INTO by_stamp VALUES ('infinity', '-infinity', 'v'), ('0044-03-15 BC', "
        "'0044-03-15 BC', 'v');"
        "INSERT INTO by_char SELECT left(md5(i::text), i % 5), decode(md5(i::text), 'hex'), 'v' FROM "
        "generate_series(1, "
        "12000) i;"
        "INSERT INTO by_array SELECT ARRAY[i, i + 1], 'v' FROM generate_series(1, 300) i;"
        "INSERT INTO \"Odd\" SELECT x, x FROM unnest(ARRAY['', ' ', '''', '\"', E'\\t', E'\\n', E'\\\\', '\\N', '\\.', "
        "'NULL', '{}', '$1', ':v', '🐘', E'\\x01']) x; ANALYZE";
    behind_its_back(nodes.a, rows);
    behind_its_back(nodes.b, rows);
    const auto equal = verify(nodes.a, 0);
    CHECK(verdict(equal, "public.by_text").at("rows") == 16000);
    const Keys tables{"by_two",    "by_uuid",  "by_text",  "by_bytes", "by_mail", "by_mood",
                      "by_number", "by_float", "by_stamp", "by_char",  "by_array"};
    // In each table the last two rows in the order of their hashes, which is any: one is changed, one is gone.
    for (const auto& table : tables) {
        behind_its_back(nodes.b, "UPDATE " + table + " SET v = 'w' WHERE ctid = (SELECT ctid FROM " + table +
                                     " t ORDER BY md5(t::text) LIMIT 1); DELETE FROM " + table +
                                     " WHERE ctid = (SELECT ctid FROM " + table +
                                     " t WHERE v = 'v' ORDER BY md5(t::text) DESC LIMIT 1)");
    }
    behind_its_back(nodes.b, "UPDATE \"Odd\" SET \"V é\" = 'w'");
    const auto answer = verify(nodes.a, 1);
    for (const auto& table : tables) {
        INFO(table);
        CHECK(figures(verdict(answer, "public." + table)) == "0, 1, 1, 0, 0");
    }
    CHECK(figures(verdict(answer, "public.\"Odd\"")) == "0, 0, 15, 0, 0");
}

TEST_CASE("verify does not take values for equal that are printed alike nowhere") {
    const std::string schema = "CREATE TABLE t (nr int PRIMARY KEY, f float8, n numeric, j jsonb, c text)";
    TwoTables nodes(schema, schema);
    behind_its_back(
        nodes.a,
        "INSERT INTO t VALUES (1, 'NaN', 'NaN', 'null', ''), (2, 0, 1.0, '1.0', 'a'), (3, 0.1, 1, '1', 'b'), "
        "(4, 1, 1, NULL, 'c'), (5, 1, 1, '1', '(,)'), (6, 1e300, 1e300, '[]', 'x')");
    behind_its_back(
        nodes.b,
        "INSERT INTO t VALUES (1, 'NaN', 'NaN', 'null', ''), (2, '-0', 1.0, '1.0', 'a'), (3, 0.1, 1.0, '1', 'b'), "
        "(4, 1, 1, 'null', 'c'), (5, 1, 1, '1', '(,)'), (6, 1e300, 1e300, '[]', 'x')");
    CHECK(differing(verdict(verify(nodes.a, 1), "public.t")) ==
          Keys{"[2] different", "[3] different", "[4] different"});
}

TEST_CASE("a key that is spelt in two ways is one key") {
    const std::string schema = "CREATE TABLE t (n numeric, k int, v text, PRIMARY KEY (n, k))";
    TwoTables nodes(schema, schema);
    behind_its_back(nodes.a, "INSERT INTO t VALUES (1.0, 1, 'x'), (2, 2, 'x'), (100, 3, 'x')");
    behind_its_back(nodes.b, "INSERT INTO t VALUES (1.00, 1, 'x'), (2, 2, 'x'), (1e2, 3, 'x')");
    CHECK(differing(verdict(verify(nodes.a, 1), "public.t")) == Keys{"\"[1.0, 1]\" different"});
}

TEST_CASE("verify compares tables whose ends sort their keys differently") {
    // A Swede has ä behind z, a German beside a; and a database of bytes behind all.
    const auto [one, other] = GENERATE(std::pair{"de-x-icu", "sv-x-icu"}, std::pair{"de-x-icu", "C"});
    const auto schema = [](const std::string& collation) {
        return "CREATE TABLE t (id text COLLATE \"" + collation + "\" PRIMARY KEY, v text);" +
               "CREATE TABLE two (a int, id text COLLATE \"" + collation + "\", PRIMARY KEY (a, id))";
    };
    TwoTables nodes(schema(one), schema(other));
    const std::string rows =
        "INSERT INTO t SELECT x || i, 'v' FROM generate_series(1, 3000) i, unnest(ARRAY['a', 'Ä', 'z', 'Z', 'o', "
        "'ö', '_']) x; INSERT INTO two SELECT i, x FROM generate_series(1, 3000) i, unnest(ARRAY['a', 'Ä', 'z', 'Z', "
        "'ä']) x; ANALYZE";
    behind_its_back(nodes.a, rows);
    behind_its_back(nodes.b, rows);
    const auto equal = verify(nodes.a, 0);
    CHECK(verdict(equal, "public.t").at("rows") == 21000);
    CHECK(verdict(equal, "public.two").at("rows") == 15000);
    behind_its_back(nodes.b,
                    "DELETE FROM t WHERE id IN ('Ä7', 'z2999'); INSERT INTO t VALUES ('ä0', ''); DELETE FROM two WHERE "
                    "a = 77 AND id = 'ä'");
    const auto answer = verify(nodes.a, 1);
    CHECK(differing(verdict(answer, "public.t")) ==
          Keys{"[\"z2999\"] missing_there", "[\"Ä7\"] missing_there", "[\"ä0\"] missing_here"});
    CHECK(differing(verdict(answer, "public.two")) == Keys{"[77,\"ä\"] missing_there"});
}

TEST_CASE("verify compares databases of different encodings and collations") {
    const std::string schema = "CREATE TABLE t (id text PRIMARY KEY, v text)";
    TwoTables nodes(schema, schema, "ENCODING 'WIN1252' LC_COLLATE 'C' LC_CTYPE 'C'");
    const std::string rows =
        "INSERT INTO t SELECT x || i, 'grün' FROM generate_series(1, 5000) i, unnest(ARRAY['ä', 'a', 'Z']) x; ANALYZE";
    for (auto* const node : {&nodes.a, &nodes.b})
        behind_its_back(*node, "SET client_encoding = 'UTF8'");
    behind_its_back(nodes.a, rows);
    behind_its_back(nodes.b, rows);
    CHECK(verdict(verify(nodes.a, 0), "public.t").at("rows") == 15000);
    behind_its_back(nodes.b, "UPDATE t SET v = 'grüN' WHERE id = 'ä77'; DELETE FROM t WHERE id = 'Z9'");
    for (auto* const node : {&nodes.a, &nodes.b})
        CHECK(verdict(verify(*node, 1), "public.t").at("different") == 1);
    CHECK(differing(verdict(verify(nodes.a, 1), "public.t")) == Keys{"[\"Z9\"] missing_there", "[\"ä77\"] different"});
}
