#include "common/span.hpp"

#include "common/error.hpp"
#include "tests/support/catch.hpp"

using namespace tromp;

namespace {

const ColumnOrder number{"integer", "", ""};
const ColumnOrder bytes{"text", "bytes UTF8", " COLLATE pg_catalog.\"C\""};
const ColumnOrder german{"text", "i de 153.120 UTF8", " COLLATE pg_catalog.\"de-x-icu\""};
const ColumnOrder newer_german{"text", "i de 153.121 UTF8", " COLLATE pg_catalog.\"de-x-icu\""};
const ColumnOrder mood{"public.mood", std::nullopt, ""};

std::vector<std::string> walked(const std::vector<ColumnOrder>& here, const std::vector<ColumnOrder>& there) {
    std::vector<std::string> names;
    for (const auto& column : walk_of({"a", "b", "c"}, here, there))
        names.push_back(column.name);
    return names;
}

using Names = std::vector<std::string>;

Column column(const std::string& name, const std::string& type, bool local = false) {
    Column result;
    result.name = name;
    result.type = type;
    result.unlimited_type = type.substr(0, type.find('('));
    result.local = local;
    return result;
}

}  // namespace

TEST_CASE("a table is walked by the leading key columns that both ends sort alike") {
    CHECK(walked({number, bytes, german}, {number, bytes, german}) == Names{"a", "b", "c"});
    CHECK(walked({number, bytes, german}, {number, bytes, newer_german}) == Names{"a", "b"});
    CHECK(walked({number, german, number}, {number, bytes, number}) == Names{"a"});
    CHECK(walked({mood, number, number}, {mood, number, number}).empty());
    CHECK(walked({number}, {{"bigint", "", ""}}).empty());
    CHECK(walked({}, {}).empty());
}

TEST_CASE("a span is the rows between two bounds, compared as rows") {
    const auto walk = walk_of({"a", "odd \"b\""}, {number, german}, {number, german});
    CHECK(span_sql(walk, {}) == "true");
    CHECK(span_sql(walk, {Bound{"1", "it's"}, {}}) == "(t.\"a\", t.\"odd \"\"b\"\"\") > ('1'::integer, 'it''s'::text)");
    CHECK(span_sql(walk, {Bound{"1", "x"}, Bound{"2", "y"}}) ==
          "(t.\"a\", t.\"odd \"\"b\"\"\") > ('1'::integer, 'x'::text) AND "
          "(t.\"a\", t.\"odd \"\"b\"\"\") <= ('2'::integer, 'y'::text)");
    // Two bounds alone have no column that would lend them its collation.
    CHECK(bound_sql(walk, {"1", "x"}) == "('1'::integer, 'x'::text COLLATE pg_catalog.\"de-x-icu\")");
    CHECK(order_sql(walk) == "t.\"a\", t.\"odd \"\"b\"\"\"");
}

TEST_CASE("keys are spelt as the log has them, and told apart by their values") {
    ReplicatedTable table;
    table.key = {"nr"};
    table.columns = {column("nr", "bigint"), column("n", "numeric(10,2)"), column("day", "date"),
                     column("mood", "public.mood", true)};
    table.integer_key = true;
    CHECK(key_sql(table, false).nr == "t.\"nr\"");
    CHECK(key_sql(table, false).key == "NULL");
    CHECK(key_sql(table, false).identity == "NULL");
    table.integer_key = false;
    table.key = {"day", "mood"};
    CHECK(key_sql(table, false).nr == "NULL");
    CHECK(key_sql(table, false).key == "jsonb_build_array(t.\"day\"::text, format('%s', t.\"mood\"))");
    table.key = {"n"};
    CHECK(key_sql(table, false).key == "jsonb_build_array(t.\"n\")");
    CHECK(key_sql(table, false).identity == "jsonb_build_array(trim_scale(t.\"n\"))");
}

TEST_CASE("spans grow and shrink towards a fraction of a second") {
    CHECK(next_span_rows(5000, 0.0) == 20000);
    CHECK(next_span_rows(5000, 0.4) == 5000);
    CHECK(next_span_rows(100'000, 0.8) == 50'000);
    CHECK(next_span_rows(100'000, 600) == 25'000);
    CHECK(next_span_rows(150'000, 0.01) == 200'000);
    CHECK(next_span_rows(2000, 60) == 2000);
}

TEST_CASE("a line of COPY is taken apart, with what it escapes") {
    const auto fields = copy_fields("\\N\ta\\\\b\t\tc\\td\\n\n", 4);
    CHECK_FALSE(fields[0]);
    CHECK(fields[1] == "a\\b");
    CHECK(fields[2] == "");
    CHECK(fields[3] == "c\td\n");
    CHECK_THROWS_AS(copy_fields("a\tb\n", 3), Error);
}
