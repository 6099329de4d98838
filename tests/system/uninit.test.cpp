#include <algorithm>
#include <sstream>

#include "tests/support/catch.hpp"
#include "tests/support/tree.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/ask.hpp"
#include "tests/system/dump.hpp"
#include "tests/system/interleaving.hpp"
#include "tests/system/verify.hpp"

using namespace tromp::test;

/// What uninit leaves behind in a database that has been in use. trompctl_init.test.cpp has an unused one.
namespace {

const char* const schema =
    "CREATE TYPE mood AS ENUM ('fine', 'tired');"
    "CREATE TABLE item (nr bigserial PRIMARY KEY, name text UNIQUE, mood mood DEFAULT 'fine');"
    "CREATE TABLE line (id bigint PRIMARY KEY, item bigint REFERENCES item, t text);"
    "CREATE TABLE event (place text, nr int, PRIMARY KEY (place, nr)) PARTITION BY LIST (place);"
    "CREATE TABLE event_home PARTITION OF event FOR VALUES IN ('home');"
    "CREATE TABLE document (id bigint PRIMARY KEY, lo oid);"
    "CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.t := upper(NEW.t); RETURN NEW; END';"
    "CREATE TRIGGER shout BEFORE INSERT ON line FOR EACH ROW EXECUTE FUNCTION shout();"
    "CREATE VIEW tired AS SELECT * FROM item WHERE mood = 'tired'";
const char* const added = "ALTER TABLE item ADD colour text; CREATE TABLE note (nr bigint PRIMARY KEY, t text)";
const char* const given = "CREATE INDEX by_colour ON item (colour)";

/// Everything in the database but its rows, and what it has made for all databases, line by line.
std::string catalogue(Database& database, const std::string& conninfo) {
    const TempDir place;
    dump(conninfo, place / "schema.sql", {"--schema-only"});
    std::string text;
    std::istringstream lines(read_file(place / "schema.sql"));
    for (std::string line; std::getline(lines, line);) {
        if (line.rfind("\\", 0) != 0) text += line + "\n";  // a word by chance is in \restrict
    }
    for (const auto& row : database.rows(
             "SELECT 'role ' || rolname || ' ' || rolsuper || rolbypassrls FROM pg_roles UNION ALL "
             "SELECT 'setting ' || s::text FROM pg_db_role_setting s UNION ALL "
             "SELECT 'member ' || m::text FROM pg_auth_members m UNION ALL "
             "SELECT 'trigger ' || tgrelid::regclass || ' ' || tgname || ' ' || tgenabled::text FROM pg_trigger "
             "WHERE NOT tgisinternal UNION ALL "
             "SELECT 'event trigger ' || evtname FROM pg_event_trigger UNION ALL "
             "SELECT 'function ' || oid::regprocedure FROM pg_proc WHERE oid >= 16384 UNION ALL "
             "SELECT 'relation ' || oid::regclass FROM pg_class WHERE oid >= 16384 AND relkind <> 't' "
             "AND relnamespace <> 'pg_toast'::regnamespace UNION ALL "
             "SELECT 'extension ' || extname FROM pg_extension UNION ALL "
             "SELECT 'default rights ' || d::text FROM pg_default_acl d ORDER BY 1")) {
        text += row.at(0).value() + "\n";
    }
    return text;
}

}  // namespace

TEST_CASE("uninit leaves a database as if it had never been replicated, after all that it went through") {
    TreeOptions options;
    options.schema = schema;
    options.nodes.ddl = "{capture: true}";
    options.nodes.extra = "large_objects: {public.document: [lo]}\n";
    auto tree = Tree::chain(2, options);
    auto& a = tree[0];
    auto& b = tree[1];
    // What b's database refuses, b's own statement, and conflicts both ways.
    behind_its_back(b, "ALTER TABLE item ADD CONSTRAINT sober CHECK (name <> 'no')");
    a.sql().exec("INSERT INTO item (nr, name) VALUES (1, 'one'), (11, 'no'), (21, 'three')");
    a.sql().exec("INSERT INTO line VALUES (1, 1, 'line'); INSERT INTO event VALUES ('home', 1)");
    a.sql().exec("INSERT INTO document VALUES (1, lo_from_bytea(0, 'content'))");
    wait_value(b, "SELECT count(*) FROM document", "1");
    wait_value(b, "SELECT count(*) FROM replication.held", "1");
    pause(a);
    a.sql().exec("UPDATE item SET name = 'of a' WHERE nr = 1; TRUNCATE event");
    b.sql().exec("UPDATE item SET name = 'of b' WHERE nr = 1; INSERT INTO event VALUES ('home', 2)");
    resume(a);
    tree.sync_all();
    CHECK(losers(a, "item").size() + losers(b, "item").size() > 0);
    REQUIRE(a.ctl({"ddl", added}).exit_code == 0);
    wait_value(b, "SELECT count(*) FROM pg_class WHERE relname = 'note'", "1");
    b.sql().exec(given);
    wait_value(a, "SELECT count(*) FROM pg_class WHERE relname = 'by_colour'", "1");
    b.sql().exec("INSERT INTO note VALUES (1, 'of b')");
    tree.sync_all();
    b.stop();
    b.sql().exec("INSERT INTO note VALUES (2, 'waits')");
    const auto rows_before = table_image(b.sql(), "item") + table_image(b.sql(), "note");

    for (const auto* const ours : {"trigger item trompd", "event trigger trompd", "function replication."})
        CHECK_THAT(catalogue(b.sql(), b.conninfo()), contains(ours));
    const auto uninit = b.ctl({"uninit"});
    INFO(uninit.out << uninit.err);
    REQUIRE(uninit.exit_code == 0);
    CHECK(table_image(b.sql(), "item") + table_image(b.sql(), "note") == rows_before);
    // Its sequences keep their step, and say so.
    CHECK_THAT(uninit.out, contains("its sequences keep their step"));
    b.sql().exec("ALTER SEQUENCE item_nr_seq INCREMENT BY 1 START WITH 1 MINVALUE 1");
    tree.cluster().create_database("never");
    Database never(tree.cluster().conninfo("never"));
    never.exec(std::string(schema) + "; ALTER TABLE item ADD CONSTRAINT sober CHECK (name <> 'no')");
    never.exec(std::string(added) + ";" + given);
    CHECK(small_diff(catalogue(never, tree.cluster().conninfo("never")), catalogue(b.sql(), b.conninfo())) == "");

    // And it can be a node again.
    a.sql().exec("DELETE FROM item WHERE nr = 11");
    b.init_ok();
    b.start();
    const auto join = b.ctl({"join", "a"});
    INFO(join.out << join.err << tail(b.log(), 20));
    REQUIRE(join.exit_code == 0);
    b.sql().exec("INSERT INTO note VALUES (3, 'of b, again')");
    tree.sync_all();
    tree.check_equal({"item", "line", "event", "note"});
    CHECK(a.sql().number("SELECT count(*) FROM note") == 3);
    CHECK(b.ctl({"verify"}).exit_code == 0);
}
