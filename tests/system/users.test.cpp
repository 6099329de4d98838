#include <algorithm>
#include <memory>

#include "tests/support/catch.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/interleaving.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

namespace {

const char* const schema = "CREATE TABLE item (nr bigint PRIMARY KEY, v text)";

/// What a user writes to a row of the batch. Every one has a key of its own, `nr`, and leaves the value `v`; where that
/// is empty he deletes.
struct Statement {
    const char* name;
    const char* neighbour;  ///< what comes in for the same key; :nr
    const char* user;       ///< :nr and :v
    bool deletes = false;
    bool before_merge_only =
        false;  ///< later it waits, and then meets the key that the neighbour has made: his error, and right
};

const std::vector<Statement> statements = {
    {"update, an update comes", "UPDATE item SET v = 'in' WHERE nr = :nr", "UPDATE item SET v = :v WHERE nr = :nr"},
    {"update, a delete comes", "DELETE FROM item WHERE nr = :nr", "UPDATE item SET v = :v WHERE nr = :nr"},
    {"delete, an update comes", "UPDATE item SET v = 'in' WHERE nr = :nr", "DELETE FROM item WHERE nr = :nr", true},
    {"delete, a delete comes", "DELETE FROM item WHERE nr = :nr", "DELETE FROM item WHERE nr = :nr", true},
    {"delete, an insert comes", "INSERT INTO item VALUES (:nr + 500, 'in')", "DELETE FROM item WHERE nr = :nr + 500",
     true},
    {"insert, an insert comes", "INSERT INTO item VALUES (:nr + 500, 'in')", "INSERT INTO item VALUES (:nr + 500, :v)",
     false, true},
    {"upsert, an insert comes", "INSERT INTO item VALUES (:nr + 500, 'in')",
     "INSERT INTO item VALUES (:nr + 500, :v) ON CONFLICT (nr) DO UPDATE SET v = :v"},
    {"upsert, an update comes", "UPDATE item SET v = 'in' WHERE nr = :nr",
     "INSERT INTO item VALUES (:nr, :v) ON CONFLICT (nr) DO UPDATE SET v = :v"},
    {"upsert, a delete comes", "DELETE FROM item WHERE nr = :nr",
     "INSERT INTO item VALUES (:nr, :v) ON CONFLICT (nr) DO UPDATE SET v = :v"},
    {"delete and insert, an update comes", "UPDATE item SET v = 'in' WHERE nr = :nr",
     "BEGIN; DELETE FROM item WHERE nr = :nr; INSERT INTO item VALUES (:nr, :v); COMMIT"},
    {"delete and insert, a delete comes", "DELETE FROM item WHERE nr = :nr",
     "BEGIN; DELETE FROM item WHERE nr = :nr; INSERT INTO item VALUES (:nr, :v); COMMIT"},
    {"key changed, an update comes", "UPDATE item SET v = 'in' WHERE nr = :nr",
     "UPDATE item SET nr = :nr + 700, v = :v WHERE nr = :nr"},
    {"key changed, a delete comes", "DELETE FROM item WHERE nr = :nr",
     "UPDATE item SET nr = :nr + 700, v = :v WHERE nr = :nr"},
};

std::string filled(std::string text, long long nr, const std::string& value) {
    for (const auto& [name, with] :
         {std::pair<std::string, std::string>(":nr", std::to_string(nr)), {":v", "'" + value + "'"}}) {
        for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at))
            text.replace(at, name.size(), with);
    }
    return text;
}

struct Writer {
    const Statement* statement;
    long long nr;
    std::string value;
    std::unique_ptr<Database> session;
    long long touched = 0;
    bool waited = false;
};

/// A written value stands in the table, or in what lost; a delete that touched a row left no row, or is in what lost.
void check_kept(Tree& tree, const Writer& user) {
    INFO("user's " << user.statement->name << ", key " << user.nr << ", rows " << user.touched
                   << (user.waited ? ", he waited" : ""));
    if (user.touched == 0) return;
    const auto keys = "(" + std::to_string(user.nr) + "," + std::to_string(user.nr + 500) + ")";
    long long recorded = 0;
    for (const auto& node : tree.nodes()) {
        recorded += node->sql().number(user.statement->deletes
                                           ? "SELECT count(*) FROM replication.conflicts WHERE (key->>0)::bigint IN " +
                                                 keys + " AND loser_row IS NULL AND loser_origin = 2"
                                           : "SELECT count(*) FROM replication.conflicts WHERE loser_row->>'v' = '" +
                                                 user.value + "'");
    }
    auto& sql = tree[1].sql();
    if (user.statement->deletes) {
        const auto here = sql.number("SELECT count(*) FROM item WHERE nr IN " + keys);
        CHECK((here == 0 || recorded > 0));
    } else {
        CHECK(sql.number("SELECT count(*) FROM item WHERE v = '" + user.value + "'") + recorded > 0);
    }
}

}  // namespace

TEST_CASE("what a user writes to the very rows being applied is never lost, and he gets no error") {
    TreeOptions options;
    options.schema = schema;
    auto tree = Tree::chain(2, options);
    auto& target = tree[1];
    Database observer(target.conninfo());
    long long base = 0;
    for (const auto& point : points_between("stage.rows", "apply.before_commit")) {
        CAPTURE(point);
        base += 10000;
        const auto writing = points_between("apply.merged", "apply.before_commit");
        const bool merged = std::find(writing.begin(), writing.end(), point) != writing.end();
        std::vector<Writer> users;
        for (const auto& statement : statements) {
            if (merged && statement.before_merge_only) continue;
            const auto nr = base + static_cast<long long>(users.size()) + 1;
            tree[0].sql().exec("INSERT INTO item VALUES (" + std::to_string(nr) + ", 'old')");
            users.push_back(
                {&statement, nr, "user " + std::to_string(nr), std::make_unique<Database>(target.conninfo())});
        }
        tree.sync_all();
        hold_pulls(target);
        std::string batch = "BEGIN;";
        for (const auto& user : users)
            batch += filled(user.statement->neighbour, user.nr, "") + ";";
        tree[0].sql().exec(batch + "COMMIT");
        advance_to(target, "pull.begun", point);
        for (auto& user : users) {
            user.session->async_exec(filled(user.statement->user, user.nr, user.value));
            wait_until(10s, "the user is done or waits",
                       [&] { return !user.session->is_busy() || (user.waited = is_blocked(observer, *user.session)); });
        }
        target.faults().release(point);
        for (auto& user : users) {
            INFO("user's " << user.statement->name << (user.waited ? ", he waited" : ""));
            REQUIRE_NOTHROW(user.touched = user.session->finish());
            if (std::string(user.statement->user).find("COMMIT") != std::string::npos) user.touched = 1;
        }
        tree.sync_all();
        tree.check_equal({"item"});
        for (const auto& user : users)
            check_kept(tree, user);
        check_logs_drained(tree);
    }
}

namespace {

/// True once the session that applies a's changes at `node` waits for a lock.
bool daemon_waits(Database& observer) {
    return observer.number(
               "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
               " AND application_name = 'trompd apply from a' AND wait_event_type = 'Lock'") > 0;
}

struct Deadlock {
    const char* name;
    const char* neighbour;  ///< what comes in, in one transaction
    const char* first;      ///< the user's open transaction: what it holds,
    const char* second;     ///< and then wants, while the daemon has it and wants the other
};

const std::vector<Deadlock> deadlocks = {
    {"two updates", "UPDATE item SET v = 'in' WHERE nr IN (1, 2)", "UPDATE item SET v = 'user' WHERE nr = 2",
     "UPDATE item SET v = 'user' WHERE nr = 1"},
    {"two deletes", "DELETE FROM item WHERE nr IN (1, 2)", "UPDATE item SET v = 'user' WHERE nr = 2",
     "DELETE FROM item WHERE nr = 1"},
    {"an insert", "UPDATE item SET v = 'in' WHERE nr = 1; INSERT INTO item VALUES (3, 'in')",
     "INSERT INTO item VALUES (3, 'user')", "UPDATE item SET v = 'user' WHERE nr = 1"},
};

}  // namespace

TEST_CASE("a user who meets the daemon in a deadlock never gets the error") {
    TreeOptions options;
    options.schema = schema;
    auto tree = Tree::chain(2, options);
    auto& target = tree[1];
    Database observer(target.conninfo());
    Database user(target.conninfo());
    for (const auto& deadlock : deadlocks) {
        CAPTURE(deadlock.name);
        int met = 0;
        for (int round = 0; round < 5; ++round) {
            tree[0].sql().exec("DELETE FROM item; INSERT INTO item VALUES (1, 'old'), (2, 'old')");
            tree.sync_all();
            hold_pulls(target);
            tree[0].sql().exec(deadlock.neighbour);
            user.exec(std::string("BEGIN;") + deadlock.first);
            release_pulls(target);
            wait_until(10s, "the daemon waits for the user", [&] { return daemon_waits(observer); });
            user.async_exec(deadlock.second);
            wait_until(10s, "the user is done or waits", [&] {
                const bool waits = is_blocked(observer, user);
                met += waits ? 1 : 0;
                return waits || !user.is_busy();
            });
            REQUIRE_NOTHROW(user.finish());
            REQUIRE_NOTHROW(user.exec("COMMIT"));
            tree.sync_all();
            tree.check_equal({"item"});
        }
        CHECK(met > 0);  // the daemon held what the user wanted, and wanted what he held
    }
    CHECK(tree.cluster().log().find("deadlock detected") == std::string::npos);
}

TEST_CASE("users who write a row without a pause cannot starve the daemon") {
    TreeOptions options;
    options.schema = std::string(schema) + "; CREATE SCHEMA aside; CREATE TABLE aside.stop (now boolean)";
    auto tree = Tree::chain(2, options);
    tree[0].sql().exec("INSERT INTO item VALUES (1, 'old'), (2, 'old')");
    tree.sync_all();
    hold_pulls(tree[1]);
    tree[0].sql().exec("UPDATE item SET v = 'in'");
    std::vector<std::unique_ptr<Database>> users;
    for (int i = 0; i < 4; ++i) {
        users.push_back(std::make_unique<Database>(tree[1].conninfo()));
        users.back()->async_exec(
            "DO $$ BEGIN LOOP UPDATE item SET v = 'user' WHERE nr = 1; COMMIT;"
            " EXIT WHEN EXISTS (SELECT FROM aside.stop); END LOOP; END $$");
    }
    wait_until(10s, "the users write",
               [&] { return tree[1].sql().value("SELECT v FROM item WHERE nr = 1") == "user"; });
    release_pulls(tree[1]);
    wait_until(30s, "the daemon gets its turn",
               [&] { return tree[1].sql().value("SELECT v FROM item WHERE nr = 2") == "in"; });
    tree[1].sql().exec("INSERT INTO aside.stop VALUES (true)");
    for (auto& user : users)
        CHECK_NOTHROW(user->finish());
    tree.sync_all();
    tree.check_equal({"item"});
    CHECK(tree[0].sql().value("SELECT v FROM item WHERE nr = 1") == "user");
}

TEST_CASE("users who lock the rows of a batch in another order without a pause cannot starve the daemon") {
    TreeOptions options;
    options.schema = schema;
    auto tree = Tree::chain(2, options);
    auto& target = tree[1];
    tree[0].sql().exec("INSERT INTO item VALUES (1, 'old'), (2, 'old'), (3, 'old')");
    tree.sync_all();
    hold_pulls(target);
    tree[0].sql().exec("UPDATE item SET v = 'in'");
    Database observer(target.conninfo());
    Database user(target.conninfo());
    const auto is_applied = [&] { return observer.value("SELECT v FROM item WHERE nr = 3") == "in"; };
    const auto give_up = std::chrono::steady_clock::now() + 20s * patience;
    user.exec("BEGIN; UPDATE item SET v = 'user' WHERE nr = 2");
    release_pulls(target);
    // Whenever the daemon has locked row 1 and waits for row 2, it is row 1 that is wanted. Then row 2 is taken again.
    while (!is_applied()) {
        REQUIRE(std::chrono::steady_clock::now() < give_up);
        wait_until(20s, "the daemon waits for the user", [&] { return daemon_waits(observer) || is_applied(); });
        REQUIRE_NOTHROW(user.exec("UPDATE item SET v = 'user' WHERE nr = 1"));
        REQUIRE_NOTHROW(user.exec("COMMIT"));
        REQUIRE_NOTHROW(user.exec("BEGIN; UPDATE item SET v = 'user' WHERE nr = 2"));
    }
    user.exec("COMMIT");
    tree.sync_all();
    tree.check_equal({"item"});
    CHECK(tree[0].sql().value("SELECT v FROM item WHERE nr = 1") == "user");
    CHECK(tree.cluster().log().find("deadlock detected") == std::string::npos);
}
