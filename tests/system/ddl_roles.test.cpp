// Who runs a statement of another node: a role of the same name, or nobody.

#include "tests/support/catch.hpp"
#include "tests/support/tree.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/ask.hpp"
#include "tests/system/interleaving.hpp"

using namespace tromp::test;

namespace {

TreeOptions with_items() {
    TreeOptions options;
    options.nodes.ddl = "{capture: true}";
    options.schema = "CREATE TABLE item (nr bigint PRIMARY KEY, v text); CREATE TABLE other (nr bigint PRIMARY KEY)";
    return options;
}

/// Nodes a and b, and a role that b will not know by the time it looks: both are in one cluster, so it gets another
/// name.
struct Stranger {
    Tree tree = Tree::chain(2, with_items());
    Node& a = tree[0];
    Node& b = tree[1];
    std::string role = "giver";

    Stranger() {
        make_role(a, {&a, &b});
        tree.sync_all();
        hold_pulls(b);
    }

    void make_role(Node& where, const std::vector<Node*>& nodes) {
        where.sql().exec("CREATE ROLE " + role);
        for (auto* const node : nodes)
            node->sql().exec("GRANT ALL ON SCHEMA public TO " + role + "; ALTER TABLE item OWNER TO " + role);
    }

    void give(const std::string& statement) {
        a.sql().exec("SET ROLE " + role);
        a.sql().exec(statement);
        a.sql().exec("RESET ROLE");
        a.sql().exec("ALTER ROLE " + role + " RENAME TO gone");
    }
};

}  // namespace

TEST_CASE("a statement of a role that is not here is held until it is, or somebody discards it; other tables go on") {
    Stranger s;
    auto& a = s.a;
    auto& b = s.b;
    s.give("ALTER TABLE item ADD colour text");
    a.sql().exec("INSERT INTO item VALUES (1, 'a', 'red'); INSERT INTO other VALUES (1)");
    release_pulls(b);
    const auto error = wait_error(b, a, "it waits for a statement");
    CHECK_THAT(error, contains("role \"giver\" does not exist") && contains("given by role \"giver\" of node 1") &&
                          contains("create the role") && contains("trompctl held retry"));
    wait_value(b, "SELECT count(*) FROM other", "1");
    CHECK(b.sql().number("SELECT count(*) FROM item") == 0);
    CHECK(b.sql().number(
              "SELECT count(*) FROM pg_attribute WHERE attrelid = 'item'::regclass AND attname = 'colour'") == 0);
    SECTION("made") {
        s.make_role(b, {&b});
        const auto retried = b.ctl({"held", "retry"});
        INFO(retried.out << retried.err);
        CHECK(retried.exit_code == 0);
    }
    SECTION("discarded") {
        b.sql().exec("SET session_replication_role = replica");
        b.sql().exec("ALTER TABLE item ADD colour text");
        b.sql().exec("RESET session_replication_role");
        const auto id = std::to_string(b.json({"held"}).as_array().at(0).at("id").as_int64());
        CHECK(b.ctl({"held", "discard", id}).exit_code == 0);
    }
    s.tree.sync_all();
    s.tree.check_equal({"item", "other"});
    CHECK(b.sql().value("SELECT colour FROM item") == "red");
    CHECK(b.sql().number("SELECT count(*) FROM replication.held_tables") == 0);
}

TEST_CASE("a statement that cannot be in a transaction is held as well where its role is not here") {
    Stranger s;
    s.give("CREATE INDEX CONCURRENTLY item_v ON item (v)");
    release_pulls(s.b);
    wait_error(s.b, s.a, "role \"giver\" does not exist");
    CHECK(s.b.sql().number("SELECT count(*) FROM pg_class WHERE relname = 'item_v'") == 0);
    s.make_role(s.b, {&s.b});
    CHECK(s.b.ctl({"held", "retry"}).exit_code == 0);
    s.tree.sync_all();
    CHECK(s.b.sql().number("SELECT count(*) FROM pg_index WHERE indexrelid = to_regclass('item_v') AND indisvalid") ==
          1);
}

TEST_CASE("a right that the role lacks is not asked for the daemon's own, and its tables are made once it is granted") {
    auto tree = Tree::chain(2, with_items());
    auto& a = tree[0];
    auto& b = tree[1];
    a.sql().exec("CREATE ROLE maker; GRANT CREATE ON SCHEMA public TO maker");
    a.sql().exec("SET ROLE maker");
    a.sql().exec("CREATE TABLE made (nr int PRIMARY KEY)");
    a.sql().exec("INSERT INTO made VALUES (1)");
    a.sql().exec("RESET ROLE");
    wait_value(b, "SELECT count(*) FROM replication.statements WHERE state = 'held'", "1");
    wait_error(b, a, "it waits for a statement: \"CREATE TABLE made");
    const auto listed = b.ctl({"held", "list"});
    CHECK_THAT(listed.out, contains("permission denied for schema public; it is run by the role that gave it") &&
                               !contains("TO \"postgres\""));
    b.sql().exec("GRANT CREATE ON SCHEMA public TO maker");
    REQUIRE(b.ctl({"held", "retry"}).exit_code == 0);
    tree.sync_all();
    tree.check_equal({"made"});
    CHECK(b.sql().number("SELECT count(*) FROM made") == 1);
}

TEST_CASE("a role called none means nobody, and not the daemon") {
    Stranger s;
    auto& a = s.a;
    s.give("CREATE VIEW names AS SELECT nr FROM item");
    a.sql().exec("UPDATE replication.statements SET role = 'none'");
    release_pulls(s.b);
    wait_value(s.b, "SELECT count(*) FROM replication.statements WHERE state = 'held'", "1");
    CHECK(s.b.sql().number("SELECT count(*) FROM pg_class WHERE relname = 'names'") == 0);
}

TEST_CASE("the owner of schema replication is its owner elsewhere, whatever the names") {
    Stranger s;
    auto& a = s.a;
    auto& b = s.b;
    a.sql().exec("ALTER SCHEMA replication OWNER TO giver");
    s.give("CREATE VIEW names AS SELECT nr FROM other");
    release_pulls(b);
    s.tree.sync_all();
    CHECK(b.sql().value("SELECT c.relowner = n.nspowner FROM pg_class c, pg_namespace n WHERE c.relname = 'names'"
                        " AND n.nspname = 'replication'") == "t");
    CHECK(b.sql().value("SELECT state FROM replication.statements") == "done");
}
