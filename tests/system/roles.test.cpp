#include "tests/support/catch.hpp"
#include "tests/support/tree.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/ask.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

namespace {

/// Two nodes whose daemons are the roles of `trompctl grants`: one in the own database, one at the neighbour.
class LeastRoles {
  public:
    explicit LeastRoles(const std::string& ddl = "{capture: false}")
        : tree_(Tree::chain(2, options(ddl))), a(tree_[0]), b(tree_[1]) {
        tree_.init_all();
        for (const auto& node : tree_.nodes()) {
            const auto grants = node->ctl({"grants"});
            INFO(grants.out << grants.err);
            REQUIRE(grants.exit_code == 0);
            node->sql().exec(grants.out);
        }
        find_roles();
        for (const auto& node : tree_.nodes()) {
            auto& other = node.get() == &a ? b : a;
            node->link(other, {.conninfo = other.cluster().conninfo(other.name(), reader)});
            set_own_database(*node, node->cluster().conninfo(node->name(), applier));
        }
    }

    Tree& tree() { return tree_; }

  private:
    static TreeOptions options(const std::string& ddl) {
        TreeOptions options;
        options.nodes.ddl = ddl;
        options.schema =
            "CREATE TABLE item (nr bigserial PRIMARY KEY, name text); CREATE TABLE pair (a int, b text, v text, "
            "PRIMARY KEY (a, b)); ALTER TABLE pair ENABLE ROW LEVEL SECURITY; CREATE SCHEMA \"Other\"; CREATE TABLE "
            "\"Other\".note (id uuid PRIMARY KEY, body text); CREATE SCHEMA local; CREATE TABLE local.kind (kind text "
            "PRIMARY KEY); CREATE TABLE \"Other\".\"Part\" (nr bigint PRIMARY KEY, item bigint REFERENCES item, kind "
            "text REFERENCES local.kind)";
        options.nodes.tables = "[public.*, '\"Other\".*']";
        options.start = false;
        return options;
    }

    void find_roles() {
        const auto roles = a.sql().rows(
            "SELECT r.rolname FROM pg_roles r WHERE rolcanlogin AND NOT rolsuper ORDER BY "
            "has_table_privilege(r.rolname, 'item', 'DELETE') DESC");
        REQUIRE(roles.size() == 2);
        applier = roles.at(0).at(0).value();
        reader = roles.at(1).at(0).value();
        CHECK_FALSE(a.sql().value("SELECT has_table_privilege('" + reader + "', 'item', 'UPDATE')") == "t");
    }

    Tree tree_;

  public:
    Node& a;
    Node& b;
    std::string applier{};
    std::string reader{};
};

/// Says so where the roles cannot be had.
bool has_parameter_grants(Database& database) {
    const bool has_them = database.number("SELECT current_setting('server_version_num')::int") >= 150000;
    if (!has_them) WARN("skipped: before PostgreSQL 15 only a superuser may set session_replication_role");
    return has_them;
}

}  // namespace

TEST_CASE("the roles that trompctl grants prints are enough for the daemon and for the neighbour") {
    LeastRoles roles;
    auto& a = roles.a;
    auto& b = roles.b;
    if (!has_parameter_grants(a.sql())) return;
    roles.tree().start_all();
    a.sql().exec("INSERT INTO item (name) SELECT 'a' || i FROM generate_series(1, 50) i");
    a.sql().exec("INSERT INTO pair VALUES (1, 'x', 'one'), (2, 'y', 'two')");
    b.sql().exec("INSERT INTO \"Other\".note VALUES (gen_random_uuid(), 'of b')");
    roles.tree().sync_all();
    b.sql().exec("UPDATE pair SET v = 'changed' WHERE a = 1; DELETE FROM item WHERE nr % 2 = 0");
    a.sql().exec("UPDATE \"Other\".note SET body = 'of a'");
    roles.tree().sync_all();
    roles.tree().check_equal({"item", "pair", "\"Other\".note"});
    CHECK(b.sql().number("SELECT count(*) FROM pair") == 2);
    CHECK(a.sql().value("SELECT v FROM pair WHERE a = 1") == "changed");
    for (auto* const node : {&a, &b}) {
        CHECK(node->ctl({"verify"}).exit_code == 0);
        CHECK(node->ctl({"pause"}).exit_code == 0);
        CHECK(node->ctl({"resume"}).exit_code == 0);
        CHECK(node->ctl({"conflicts"}).exit_code == 0);
        CHECK(node->status().at("safe_to_go_offline").is_bool());
        CHECK(node->sql().number("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'trompd%' AND "
                                 "usename = 'postgres'") == 0);
        wait_log_short(*node);
    }
    // Another daemon of these roles still works when a user without any right has written.
    a.sql().exec("CREATE ROLE writer; GRANT INSERT ON item TO writer; GRANT USAGE ON SEQUENCE item_nr_seq TO writer");
    a.sql().exec("SET ROLE writer; INSERT INTO item (name) VALUES ('of a writer'); RESET ROLE");
    roles.tree().sync_all();
    CHECK(b.sql().number("SELECT count(*) FROM item WHERE name = 'of a writer'") == 1);
    a.sql().exec(
        "GRANT USAGE ON SCHEMA \"Other\" TO writer; GRANT TRUNCATE ON item, pair, \"Other\".\"Part\" TO writer;"
        " SET ROLE writer; TRUNCATE item, pair, \"Other\".\"Part\"; RESET ROLE");
    roles.tree().sync_all();
    CHECK(b.sql().value("SELECT concat((SELECT count(*) FROM item), (SELECT count(*) FROM pair))") == "00");
}

TEST_CASE("these roles report rows that refer to nothing, be it to a table that is not replicated") {
    LeastRoles roles;
    auto& a = roles.a;
    auto& b = roles.b;
    if (!has_parameter_grants(a.sql())) return;
    roles.tree().start_all();
    a.sql().exec("INSERT INTO local.kind VALUES ('only here'); INSERT INTO item VALUES (1001, 'one')");
    roles.tree().sync_all();
    pause(a);
    a.sql().exec("INSERT INTO \"Other\".\"Part\" VALUES (1, 1001, 'only here')");
    b.sql().exec("DELETE FROM item WHERE nr = 1001");
    resume(a);
    roles.tree().sync_all();
    roles.tree().check_equal({"item", "\"Other\".\"Part\""});
    const std::string reports =
        "SELECT string_agg(concat_ws(' ', schema_name, table_name, key, other_schema, other_table, other_key), '; '"
        " ORDER BY other_table) FROM replication.conflicts WHERE type = 'foreign_key_violation'";
    CHECK(a.sql().value(reports) == "Other Part [1] public item [1001]");
    CHECK(b.sql().value(reports) == "Other Part [1] public item [1001]; Other Part [1] local kind [\"only here\"]");
}

TEST_CASE("a right that a role lacks is named with its GRANT, and the link goes on by itself once it was given") {
    LeastRoles roles;
    auto& a = roles.a;
    auto& b = roles.b;
    if (!has_parameter_grants(a.sql())) return;
    roles.tree().start_all();
    roles.tree().sync_all();
    struct Lack {
        Node& where;
        std::string revoke;
        std::string expected;
        std::string grant;
    };
    const std::string& applier = roles.applier;
    const std::string& reader = roles.reader;
    const auto to = [](const std::string& role) { return " TO \"" + role + "\""; };
    const std::vector<Lack> lacks = {
        {a, "REVOKE SELECT ON item FROM " + reader, "GRANT SELECT ON TABLE item" + to(reader),
         "GRANT SELECT ON item TO " + reader},
        {b, "REVOKE INSERT ON item FROM " + applier, "DELETE ON TABLE item" + to(applier),
         "GRANT INSERT ON item TO " + applier},
        {a, "REVOKE SELECT ON replication.events FROM " + reader, "GRANT SELECT ON TABLE events" + to(reader),
         "GRANT SELECT ON replication.events TO " + reader},
        {a, "REVOKE USAGE ON SCHEMA replication FROM PUBLIC, " + reader,
         "GRANT USAGE ON SCHEMA replication" + to(reader), "GRANT USAGE ON SCHEMA replication TO " + reader},
        {b, "REVOKE SET ON PARAMETER session_replication_role FROM " + applier,
         "GRANT SET ON PARAMETER \"session_replication_role\"" + to(applier),
         "GRANT SET ON PARAMETER session_replication_role TO " + applier},
        {b, "REVOKE TEMPORARY ON DATABASE b FROM " + applier + ", PUBLIC",
         "GRANT TEMPORARY ON DATABASE \"b\"" + to(applier), "GRANT TEMPORARY ON DATABASE b TO " + applier},
    };
    long long nr = 1000;
    for (const auto& lack : lacks) {
        INFO(lack.revoke);
        lack.where.sql().exec(lack.revoke);
        b.restart();
        a.sql().exec("INSERT INTO item VALUES (" + std::to_string(++nr) + ", 'waits')");
        wait_error(b, a, lack.expected, 10s);
        CHECK(b.state(a) == "failed");
        lack.where.sql().exec(lack.grant);
        wait_value(b, "SELECT count(*) FROM item WHERE nr = " + std::to_string(nr), "1", 5s);
    }
    roles.tree().sync_all();
    roles.tree().check_equal({"item"});
}

TEST_CASE(
    "a pull that stalls and keeps a user of the source waiting is ended, with the roles that trompctl grants prints") {
    LeastRoles roles;
    auto& a = roles.a;
    auto& b = roles.b;
    if (!has_parameter_grants(a.sql())) return;
    roles.tree().start_all();
    roles.tree().sync_all();
    b.faults().arm("stage.rows", Faults::Action::pause);
    // When the rows of one table are through, the source still sends those of the other, more than the sockets hold.
    a.sql().exec(
        "BEGIN; INSERT INTO item (name) SELECT repeat('x', 4000) FROM generate_series(1, 10000); INSERT INTO pair "
        "SELECT i, 'x', repeat('x', 4000) FROM generate_series(1, 10000) i; COMMIT");
    b.faults().wait_reached("stage.rows");
    a.sql().exec("BEGIN; SET LOCAL statement_timeout = '30s'; LOCK TABLE item, pair; COMMIT");
    wait_until(5s, "the daemon of the source tells of it",
               [&] { return a.log().find("ended 1 pull(s) that kept others waiting") != std::string::npos; });
    b.faults().release("stage.rows");
    roles.tree().sync_all();
    roles.tree().check_equal({"item", "pair"});
}

TEST_CASE("rows that row level security hides from their writer, or from the table's owner, are replicated") {
    LeastRoles roles;
    auto& a = roles.a;
    auto& b = roles.b;
    if (!has_parameter_grants(a.sql())) return;
    for (auto* const node : {&a, &b}) {
        node->sql().exec(
            "ALTER TABLE pair FORCE ROW LEVEL SECURITY; CREATE POLICY own ON pair USING (b = current_user); CREATE "
            "POLICY "
            "put ON pair FOR INSERT WITH CHECK (true)");
    }
    a.sql().exec("CREATE ROLE mary; GRANT ALL ON pair TO mary; CREATE ROLE john; GRANT ALL ON pair TO john");
    roles.tree().start_all();
    a.sql().exec("SET ROLE mary; INSERT INTO pair VALUES (1, 'mary', 'hers'), (2, 'john', 'for him'); RESET ROLE");
    a.sql().exec(
        "SET ROLE john; INSERT INTO pair VALUES (3, 'john', 'his'); DELETE FROM pair WHERE a = 1; UPDATE pair SET v = "
        "v || '!'; RESET ROLE");
    roles.tree().sync_all();
    roles.tree().check_equal({"pair"});
    CHECK(b.sql().value("SELECT string_agg(v, ', ' ORDER BY a) FROM pair") == "hers, for him!, his!");
    b.sql().exec("DELETE FROM pair WHERE a = 2");
    roles.tree().sync_all();
    roles.tree().check_equal({"pair"});

    // A reader from whom rows are hidden must not take them for deleted ones.
    a.sql().exec("ALTER ROLE " + roles.reader + " NOBYPASSRLS; UPDATE pair SET v = 'seen' WHERE a = 1");
    wait_error(b, a, "row-level security");
    CHECK(b.sql().value("SELECT v FROM pair WHERE a = 1") == "hers");
    a.sql().exec("ALTER ROLE " + roles.reader + " BYPASSRLS");
    roles.tree().sync_all();
    CHECK(b.sql().value("SELECT v FROM pair WHERE a = 1") == "seen");
}

TEST_CASE("a statement is held where the daemon may not become the role that gave it, and runs once it may") {
    LeastRoles roles("{capture: true}");
    auto& a = roles.a;
    auto& b = roles.b;
    if (!has_parameter_grants(a.sql())) return;
    roles.tree().start_all();
    roles.tree().sync_all();
    a.sql().exec("CREATE ROLE alice");
    for (auto* const node : {&a, &b})
        node->sql().exec("GRANT ALL ON SCHEMA public TO alice; ALTER TABLE pair OWNER TO alice");
    a.sql().exec("SET ROLE alice");
    a.sql().exec("ALTER TABLE pair ADD colour text");
    a.sql().exec("RESET ROLE");
    a.sql().exec("ALTER TABLE item ADD colour text");  // by the owner of schema replication
    a.sql().exec("INSERT INTO pair VALUES (1, 'x', 'one', 'red'); INSERT INTO item VALUES (1, 'one', 'blue')");
    a.sql().exec("INSERT INTO \"Other\".note VALUES (gen_random_uuid(), 'goes on')");
    wait_error(b, a, "permission denied to set role \"alice\"");
    const auto error = wait_error(b, a, "permission denied to set role \"postgres\"");
    CHECK_THAT(error, contains("GRANT it to the daemon's role, then trompctl held retry"));
    wait_value(b, "SELECT count(*) FROM \"Other\".note", "1");
    CHECK(b.sql().number("SELECT (SELECT count(*) FROM item) + (SELECT count(*) FROM pair)") == 0);
    b.sql().exec("GRANT alice, postgres TO " + roles.applier);
    const auto retried = b.ctl({"held", "retry"});
    INFO(retried.out << retried.err);
    CHECK(retried.exit_code == 0);
    roles.tree().sync_all();
    roles.tree().check_equal({"pair", "item", "\"Other\".note"});
    CHECK(b.sql().value("SELECT (SELECT colour FROM pair) || (SELECT colour FROM item)") == "redblue");
}
