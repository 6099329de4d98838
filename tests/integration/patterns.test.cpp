// What `tables` of the configuration means, and how the database keeps it.

#include <string>

#include "tests/support/catch.hpp"
#include "tests/support/cluster.hpp"
#include "tests/support/database.hpp"
#include "tests/support/node.hpp"

using namespace tromp::test;

namespace {

std::string patterns(Database& sql) {
    return sql.value(
        "SELECT coalesce(string_agg(pattern, ' ' ORDER BY pattern COLLATE \"C\"), '') FROM replication.patterns");
}

bool is_meant(Database& sql, const std::string& schema, const std::string& table, bool only_by_name = false) {
    return sql.value("SELECT replication.is_meant('" + schema + "', '" + table + "', " +
                     (only_by_name ? "true" : "false") + ")") == "t";
}

}  // namespace

TEST_CASE("patterns mean in the database what they mean in the file") {
    Cluster cluster;
    Node node(cluster, 1, "home");
    node.options().tables = R"([public.*, '!public.cache_*', 'app*.Log', '"Odd%"."a_b*"', extra.one])";
    node.write_config();
    node.init();
    auto& sql = node.sql();
    CHECK(is_meant(sql, "public", "item"));
    CHECK_FALSE(is_meant(sql, "public", "cache_1"));
    CHECK(is_meant(sql, "public", "cacheX1"));
    CHECK(is_meant(sql, "app2", "log"));
    CHECK_FALSE(is_meant(sql, "app2", "Log"));
    CHECK(is_meant(sql, "Odd%", "a_b*"));
    CHECK_FALSE(is_meant(sql, "Odder", "a_b*"));
    CHECK_FALSE(is_meant(sql, "Odd%", "aXb*"));
    CHECK_FALSE(is_meant(sql, "Odd%", "a_bc"));
    CHECK_FALSE(is_meant(sql, "public", "part", true));
    CHECK(is_meant(sql, "extra", "one", true));
    CHECK_FALSE(is_meant(sql, "replication", "events"));
    const auto schemas = sql.value(
        "SELECT string_agg(s, ' ') FROM unnest(ARRAY['public', 'app', 'Odd%', 'extra', 'other', 'pg_catalog', "
        "'replication']) s "
        "WHERE replication.is_replicated_schema(s::name)");
    CHECK(schemas == "public app Odd% extra");
}

TEST_CASE("tables add and remove change the patterns as they say that the file should be changed") {
    Cluster cluster;
    Node node(cluster, 1, "home");
    node.options().tables = "[public.item, '!public.cache_1', 'app.*']";
    node.write_config();
    auto& sql = node.sql();
    sql.exec(
        "CREATE TABLE item (nr int PRIMARY KEY); CREATE TABLE cache_1 (nr int PRIMARY KEY); CREATE TABLE cache_2 (nr "
        "int "
        "PRIMARY KEY); CREATE SCHEMA app; CREATE TABLE app.log (nr int PRIMARY KEY)");
    node.init_ok();
    CHECK(patterns(sql) == "!public.cache_1 app.* public.item");
    CHECK_THAT(node.ctl({"tables", "add", "public.cache_*"}).out,
               contains("- '!public.cache_1'") && contains("- 'public.cache_*'"));
    CHECK(patterns(sql) == "app.* public.cache_* public.item");
    CHECK(sql.number("SELECT count(*) FROM replication.tables") == 4);
    CHECK(node.ctl({"tables", "add", "APP.log"}).exit_code == 0);
    CHECK(patterns(sql) == "app.* public.cache_* public.item");
    CHECK(node.ctl({"tables", "remove", "public.*"}).exit_code == 0);
    CHECK(patterns(sql) == "!public.cache_1 !public.cache_2 app.* public.cache_*");
    CHECK_THAT(node.ctl({"tables", "remove", "app.log"}).out, contains("- '!app.log'"));
    CHECK_FALSE(is_meant(sql, "app", "log"));
    CHECK(is_meant(sql, "app", "log2"));
    CHECK(node.ctl({"tables", "add", "app.log"}).exit_code == 0);
    CHECK(is_meant(sql, "app", "log"));
    node.init_ok();
    CHECK(patterns(sql) == "!public.cache_1 app.* public.item");
}

TEST_CASE("roles that may read and write what is replicated may do so with a table that is made later") {
    Cluster cluster;
    Node node(cluster, 1, "home");
    node.options().extra = "conflicts:\n  tables:\n    app.item: {default: strongest, strength: nr}\n";
    node.options().tables = "[app.*]";
    node.write_config();
    node.init_ok();
    auto& sql = node.sql();
    sql.exec(node.ctl({"grants"}).out);
    sql.exec(
        "BEGIN; CREATE SCHEMA app; CREATE TABLE app.item (nr serial PRIMARY KEY); SELECT replication.follow_schema(); "
        "COMMIT");
    sql.exec("SET ROLE trompd_reader; SELECT * FROM app.item");
    CHECK_THROWS_AS(sql.exec("INSERT INTO app.item VALUES (1)"), SqlError);
    sql.exec(
        "RESET ROLE; SET ROLE trompd; INSERT INTO app.item VALUES (1); UPDATE app.item SET nr = 2; DELETE FROM "
        "app.item");
    sql.exec("SELECT last_value FROM app.item_nr_seq; SELECT replication.strength_1(ROW(1)); RESET ROLE");
}
