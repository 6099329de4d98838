#include "tests/support/catch.hpp"
#include "tests/support/tree.hpp"
#include "tests/system/ask.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

/// Values of all types get to the other end bit for bit.
namespace {

const char* const first_own_type = "\"Mood\"";

struct Samples {
    std::string type;
    std::vector<std::string> values;  ///< SQL expressions that can be assigned to it
};

const char* const own_types =
    "CREATE EXTENSION hstore; CREATE EXTENSION citext; CREATE EXTENSION ltree;"
    "CREATE EXTENSION cube; CREATE EXTENSION seg; CREATE EXTENSION isn; CREATE EXTENSION intarray;"
    "CREATE TYPE \"Mood\" AS ENUM ('calm', 'it''s \"odd\", {really}\\');"
    "CREATE DOMAIN quantity AS numeric(12, 3) CHECK (value >= 0);"
    "CREATE TYPE part AS (name text, \"size\" integer, mood \"Mood\");"
    "CREATE DOMAIN parts AS part[];";

const std::vector<Samples>& samples() {
    // Each character that COPY or an array literal escapes, and what looks like its mark for null.
    static const std::string odd_text = R"(E'\\N \t\n\r\b\f\v \\ \\. {a,"b"} (x,y) ''''')";
    static const std::string wide_text = "repeat('snow \u2603 and clef \U0001D11E ', 3000)";
    static const std::vector<Samples> all = {
        {"smallint", {"-32768", "32767"}},
        {"integer", {"-2147483648", "2147483647"}},
        {"bigint", {"-9223372036854775808", "9223372036854775807", "9007199254740993"}},
        {"numeric", {"'NaN'", "'Infinity'", "'-Infinity'", "1.000", "1e-1000", "9e999", "-0.10"}},
        {"numeric(10,3)", {"1234567.891", "'NaN'", "0"}},
        {"real", {"'NaN'", "'-0'", "'1e-45'", "'3.4028235e38'", "'-Infinity'", "0.1"}},
        {"double precision",
         {"'NaN'", "'-0'", "'5e-324'", "'1.7976931348623157e308'", "'Infinity'", "0.1::float8 + 0.2"}},
        {"money", {"'-92233720368547758.08'", "'92233720368547758.07'"}},
        {"boolean", {"true", "false"}},
        {"\"char\"", {"'x'", "''"}},
        {"char(5)", {"'ab'", "'     '"}},
        {"varchar(5)", {"'ab   '", "''"}},
        {"text",
         {odd_text, "(SELECT string_agg(chr(i), '') FROM generate_series(1, 55295) i)", "''", "'\\N'", wide_text,
          "E'\\x7f\\x01'", "'null'"}},
        {"name", {"'a name'", "''"}},
        {"bytea", {"'\\x00ff5c4e0a0d09'", "''", "decode(repeat('005c', 5000), 'hex')"}},
        {"date", {"'infinity'", "'-infinity'", "'4713-01-01 BC'", "'5874897-12-31'", "'0001-01-01'"}},
        {"time", {"'24:00'", "'00:00:00.000001'"}},
        {"timetz", {"'24:00-15:59'", "'12:34:56.789+05:30:10'"}},
        {"timestamp",
         {"'infinity'", "'4713-01-01 BC'", "'294276-12-31 23:59:59.999999'", "'2000-01-01 00:00:00.000001'"}},
        {"timestamptz", {"'-infinity'", "'4713-02-01 00:00+00 BC'", "'2026-10-25 02:30:00.123456+02'"}},
        {"interval",
         {"'-178000000 years'", "'1 mon -1 day 1 us'", "'-00:00:00.000001'", "'1 year -1 mon 40 days -25:00'"}},
        {"interval day to second", {"'3 days 04:05:06.7'"}},
        {"bit(5)", {"'10101'", "'00000'"}},
        {"bit varying", {"''", "repeat('01', 77)::varbit"}},
        {"uuid", {"'00000000-0000-0000-0000-000000000000'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'"}},
        {"inet", {"'::ffff:1.2.3.4/96'", "'192.168.1.5/24'", "'10.0.0.1'"}},
        {"cidr", {"'10.1.0.0/16'", "'2001:db8::/32'"}},
        {"macaddr", {"'08:00:2b:01:02:03'"}},
        {"macaddr8", {"'08:00:2b:01:02:03:04:05'"}},
        {"json", {"'{\"b\" : 1, \"a\":\"\\u2603\\n\",  \"b\": 1.10}'", "'null'", "'[]'"}},
        {"jsonb", {"'{\"b\": 1.10, \"a\": [null, \"\\\\N\\t\"]}'", "'null'", "'1e100'"}},
        {"jsonpath", {"'$.a[*] ? (@ > 1)'"}},
        {"xml", {"'<a b=\"&amp;\">text</a>'", "'content <x/>'"}},
        {"tsvector", {"'''a b'':1A,2 c:3'", "''", "to_tsvector('english', 'The fat cats, sat')"}},
        {"tsquery", {"'a & !''b c'':*AB'"}},
        {"point", {"'(1e-300,Infinity)'", "'(-0,NaN)'"}},
        {"line", {"'{1,-1,0.1}'"}},
        {"lseg", {"'[(0,1),(2,3)]'"}},
        {"box", {"'(2,3),(0,1)'"}},
        {"path", {"'[(0,0),(1,1)]'", "'((0,0),(1,1))'"}},
        {"polygon", {"'((0,0),(1,0),(1,1))'"}},
        {"circle", {"'<(0.1,2),3>'"}},
        {"oid", {"4294967295", "0"}},
        {"xid", {"'4294967295'"}},
        {"cid", {"'4294967295'"}},
        {"tid", {"'(4294967295,65535)'"}},
        {"oidvector", {"'1 2 4294967295'", "''"}},
        {"int2vector", {"'-32768 7'"}},
        {"aclitem", {"'postgres=arwdDxt/postgres'"}},
        {"refcursor", {"'a \"b\"'"}},
        {"txid_snapshot", {"'10:20:10,14,15'"}},
        {"regclass", {"'pg_catalog.pg_class'"}},
        {"regproc", {"'now'"}},
        {"regoper", {"'pg_catalog.||/'", "0"}},
        {"regoperator", {"'+(integer,bigint)'"}},
        {"regnamespace", {"'pg_catalog'"}},
        {"regrole", {"'pg_monitor'"}},
        {"regconfig", {"'english'"}},
        {"regdictionary", {"'simple'"}},
        {"regcollation", {"'\"C\"'"}},
        {"xid8", {"'18446744073709551615'"}},
        {"pg_lsn", {"'FFFFFFFF/FFFFFFFF'"}},
        {"pg_snapshot", {"'10:20:10,14,15'"}},
        {"regtype", {"'timestamp with time zone'"}},
        {"regprocedure", {"'lower(text)'"}},
        {"int4range", {"'empty'", "'(,)'", "'[-2147483648,5]'"}},
        {"int8range", {"'(1,9]'"}},
        {"numrange", {"'[1.10,)'", "'(,NaN]'"}},
        {"tsrange", {"'[2000-01-01,infinity]'"}},
        {"tstzrange", {"'(,\"2026-10-25 02:30:00+02\")'"}},
        {"daterange", {"'[4713-01-01 BC,)'"}},
        {"int8multirange", {"'{(,1),[9007199254740993,)}'"}},
        {"datemultirange", {"'{[2000-01-01,infinity)}'"}},
        {"tsmultirange", {"'{[2000-01-01 00:00:00.000001,infinity]}'"}},
        {"int4multirange", {"'{[1,2),[5,7)}'", "'{}'"}},
        {"nummultirange", {"'{(,1.0],[2,)}'"}},
        {"tstzmultirange", {"'{[2000-01-01 00:00+00,2001-01-01 00:00+00)}'"}},
        {"integer[]", {"'[-2:-1][5:6]={{1,2},{NULL,4}}'", "'{}'"}},
        {"text[]", {"ARRAY[" + odd_text + ", NULL, 'NULL', '', '{}']", "'[0:1]={a,b}'"}},
        {"bytea[]", {"ARRAY['\\x00'::bytea, '\\x5c'::bytea]"}},
        {"timestamptz[]", {"ARRAY['infinity'::timestamptz, NULL]"}},
        {"jsonb[]", {"ARRAY['{\"a\": \"b,c\"}'::jsonb]"}},
        {"point[]", {"ARRAY[point(1,2), point(3,4)]"}},
        {"\"Mood\"", {"'it''s \"odd\", {really}\\'", "'calm'"}},
        {"\"Mood\"[]", {"ARRAY['it''s \"odd\", {really}\\', NULL]::\"Mood\"[]", "'{}'"}},
        {"quantity", {"999999999.999", "0"}},
        {"quantity[]", {"ARRAY[1.5, NULL]::quantity[]"}},
        {"part", {"ROW(" + odd_text + ", NULL, 'calm')", "ROW(NULL, NULL, NULL)", "ROW('', 1, NULL)"}},
        {"part[]", {"ARRAY[ROW(" + odd_text + ", 1, 'calm'), NULL]::part[]"}},
        {"parts", {"ARRAY[ROW('x', 1, NULL)::part]"}},
        {"hstore", {"'\"a b\"=>\"c\\\"d\", e=>NULL'", "''"}},
        {"citext", {"'MiXed'", odd_text}},
        {"ltree", {"'top.science.astronomy'", "''"}},
        {"lquery", {"'*.a@*.!b'"}},
        {"regclass", {"'sample'"}},
        {"ltxtquery", {"'a & b* | !c'"}},
        {"cube", {"'(0.1,-2),(3,4)'"}},
        {"seg", {"'<1.50 .. ~7'"}},
        {"isbn", {"'978-0-393-04002-9'"}},
        {"query_int", {"'1&(2|!3)'"}},
    };
    return all;
}

/// Arrays of all of these, in a table of their own.
std::string create_arrays() {
    std::string columns;
    std::string values;
    for (std::size_t i = 0; i < samples().size(); ++i) {
        const auto& sample = samples()[i];
        if (sample.type.ends_with("[]")) continue;
        columns += ", c" + std::to_string(i) + " " + sample.type + "[]";
        values += ", ARRAY[";
        for (const auto& value : sample.values)
            values += "(" + value + ")::" + sample.type + ", ";
        values += "NULL]::" + sample.type + "[]";
    }
    return "CREATE TABLE arrays (nr bigint PRIMARY KEY" + columns +
           "); CREATE FUNCTION fill_arrays() RETURNS void LANGUAGE sql AS $$ INSERT INTO arrays VALUES (1" + values +
           ") $$;";
}

std::string create_table() {
    std::string sql = std::string(own_types) + "CREATE TABLE sample (nr bigint PRIMARY KEY";
    for (std::size_t i = 0; i < samples().size(); ++i)
        sql += ", c" + std::to_string(i) + " " + samples()[i].type;
    return sql + ");" + create_arrays();
}

constexpr std::size_t most_values = 7;

/// Row `nr` has the value `shift + nr` of each type, and null beyond the last.
std::string fill(std::size_t shift) {
    std::string sql;
    for (std::size_t nr = 0; nr < most_values + 1; ++nr) {
        const auto number = std::to_string(nr);
        sql += "INSERT INTO sample VALUES (" + number;
        std::string assignments;
        for (std::size_t i = 0; i < samples().size(); ++i) {
            const auto& values = samples()[i].values;
            const auto index = (nr + shift) % (most_values + 1);
            const auto value = index < values.size() ? values[index] : "NULL";
            sql += ", " + value;
            assignments += (i == 0 ? "c" : ", c") + std::to_string(i) + " = EXCLUDED.c" + std::to_string(i);
        }
        sql += ") ON CONFLICT (nr) DO UPDATE SET " + assignments + ";";
    }
    return sql;
}

/// The built-in columns of the rows in PostgreSQL's binary form. That of others has oids in it.
std::string bits(Node& node) {
    std::string columns = "nr";
    for (std::size_t i = 0; samples()[i].type != first_own_type; ++i) {
        if (samples()[i].type != "aclitem") columns += ", c" + std::to_string(i);  // that has no binary form
    }
    return node.sql().value("SELECT string_agg(nr || ' ' || md5(record_send(ROW(" + columns +
                            "))), E'\\n' ORDER BY nr) FROM sample");
}

void check_bits(Tree& tree) {
    tree.sync_all();
    tree.check_equal({"sample"});
    for (std::size_t i = 1; i < tree.size(); ++i) {
        CHECK(small_diff(bits(tree[0]), bits(tree[i])).empty());
        CHECK(tree[i].sql().number("SELECT count(*) FROM replication.held") == 0);
    }
}

}  // namespace

TEST_CASE("values of every type arrive bit for bit, inserted and updated") {
    TreeOptions options;
    options.schema = create_table();
    auto tree = Tree::chain(3, options);
    tree[0].sql().exec(fill(0) + "SELECT fill_arrays()");
    check_bits(tree);
    tree.check_equal({"arrays"});
    CHECK(tree[2].sql().number("SELECT count(*) FROM arrays") == 1);
    CHECK(tree[2].sql().number("SELECT count(*) FROM sample") == static_cast<long long>(most_values) + 1);
    tree[2].sql().exec(fill(1));
    check_bits(tree);
}

TEST_CASE("values of every type are kept with their row when it is held") {
    TreeOptions options;
    options.schema = create_table();
    auto tree = Tree::chain(3, options);
    auto& b = tree[1];
    b.sql().exec("ALTER TABLE sample ADD CONSTRAINT small CHECK (nr < 0)");
    tree[0].sql().exec(fill(0));
    tree.sync_all();
    REQUIRE(b.sql().number("SELECT count(*) FROM replication.held") == static_cast<long long>(most_values) + 1);
    CHECK(small_diff(bits(tree[0]), bits(tree[2])).empty());
    b.sql().exec("ALTER TABLE sample DROP CONSTRAINT small");
    const auto retried = b.ctl({"held", "retry"});
    INFO(retried.err);
    CHECK(retried.exit_code == 0);
    check_bits(tree);
}

TEST_CASE("values of every type come back with the row that lost, from a table and from those held") {
    TreeOptions options;
    options.schema = create_table();
    auto tree = Tree::chain(3, options);
    auto& b = tree[1];
    tree[0].sql().exec(fill(0));
    check_bits(tree);
    const auto before = bits(tree[0]);
    const bool was_held = GENERATE(false, true);
    if (was_held) {
        b.sql().exec("DELETE FROM sample");
        tree.sync_all();
        b.sql().exec("ALTER TABLE sample ADD CONSTRAINT small CHECK (nr < 0) NOT VALID");
        tree[0].sql().exec(fill(0));
        tree.sync_all();
        REQUIRE(b.sql().number("SELECT count(*) FROM replication.held") == static_cast<long long>(most_values) + 1);
        b.sql().exec("ALTER TABLE sample DROP CONSTRAINT small;" + fill(1));
        wait_value(b, "SELECT count(*) FROM replication.held", "0", 10s);
    } else {
        pause(b);
        tree[0].sql().exec("UPDATE sample SET c0 = c0");
        b.sql().exec(fill(1));
        resume(b);
    }
    check_bits(tree);
    CHECK(small_diff(before, bits(tree[0])) != "");
    const auto conflicts = b.sql().rows("SELECT id FROM replication.conflicts");
    CHECK(conflicts.size() == most_values + 1);
    for (const auto& row : conflicts) {
        const auto restored = b.ctl({"conflicts", "restore", row.at(0).value()});
        INFO(restored.err);
        CHECK(restored.exit_code == 0);
    }
    check_bits(tree);
    CHECK(small_diff(before, bits(tree[0])).empty());
}

TEST_CASE("the types of these tests are all that a column can have") {
    TreeOptions options;
    options.schema = create_table();
    options.start = false;
    auto tree = Tree::chain(1, options);
    // gtsvector is for indexes alone; it has no text that could be read.
    const auto missing = tree[0].sql().rows(
        "SELECT typname FROM pg_type t WHERE typtype IN ('b', 'r', 'm') AND typcategory NOT IN ('A', 'Z') AND typname "
        "<> "
        "'gtsvector' AND typnamespace = 'pg_catalog'::regnamespace AND NOT EXISTS (SELECT FROM pg_attribute a WHERE "
        "a.attrelid = 'sample'::regclass AND a.atttypid = t.oid) ORDER BY 1");
    std::string names;
    for (const auto& row : missing)
        names += row.at(0).value() + " ";
    INFO(names);
    CHECK(names.empty());
}
