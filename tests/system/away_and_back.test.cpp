#include <atomic>
#include <boost/json.hpp>
#include <set>
#include <thread>

#include "tests/support/catch.hpp"
#include "tests/support/tree.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/ask.hpp"
#include "tests/system/dump.hpp"
#include "tests/system/items.hpp"
#include "tests/system/moving.hpp"
#include "tests/system/verify.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

/// A node was away, and is back: after a hundred thousand changes, over a link that breaks all the time, while users
/// write, with a database of yesterday. absence.test.cpp has what an absence costs, bad_links.test.cpp and
/// network.test.cpp more of links, identity.test.cpp and moved.test.cpp other ways back.
namespace {

/// The keys of the conflicts that a query finds at either node.
std::set<std::string> kept(Tree& tree, const std::string& condition) {
    std::set<std::string> keys;
    for (const auto& node : tree.nodes()) {
        for (const auto& row : node->sql().rows("SELECT key::text FROM replication.conflicts WHERE " + condition))
            keys.insert(row.at(0).value());
    }
    return keys;
}

void check_verified(const Node& node) {
    const auto verify = node.ctl({"verify"});
    INFO(verify.out << verify.err);
    CHECK(verify.exit_code == 0);
}

long long count(Node& node, const std::string& condition = "true") {
    return node.sql().number("SELECT count(*) FROM item WHERE " + condition);
}

}  // namespace

TEST_CASE("a laptop that was away comes back with 100000 changes, meets as many, and all is equal") {
    auto options = with_items();
    options.proxied = true;
    auto tree = Tree::chain(2, options);
    auto& home = tree[0];
    auto& laptop = tree[1];
    home.sql().exec(rows(1, 45000, "of both"));
    tree.sync_all();
    tree.cut(0, 1);
    // 65,000 rows of its own, 5,000 under keys that the other end takes too, 30,000 changes of old rows.
    home.sql().exec(rows(100001, 165000, "of home") + ";" + rows(300001, 305000, "of home"));
    home.sql().exec("UPDATE item SET name = 'home changed' WHERE nr <= 20000");
    home.sql().exec("DELETE FROM item WHERE nr BETWEEN 20001 AND 30000");
    laptop.sql().exec(rows(200001, 265000, "of laptop") + ";" + rows(300001, 305000, "of laptop"));
    laptop.sql().exec("UPDATE item SET name = 'laptop changed' WHERE nr BETWEEN 10001 AND 25000");
    laptop.sql().exec("DELETE FROM item WHERE nr BETWEEN 30001 AND 45000");
    CHECK(neighbour_report(home, laptop).at("to_send").at("events") == 100000);
    CHECK(neighbour_report(laptop, home).at("to_send").at("events") == 100000);
    tree.heal(0, 1);
    tree.sync_all();
    tree.check_equal({"item"});
    check_verified(laptop);
    // A delete wins over an update; nothing else went.
    CHECK(count(home) == 20000 + 2 * 65000 + 5000);
    CHECK(count(home, "nr <= 10000 AND name = 'home changed'") == 10000);
    CHECK(count(home, "nr BETWEEN 10001 AND 20000 AND name LIKE '% changed'") == 10000);
    CHECK(kept(tree, "type = 'update_origin_differs'").size() == 10000);
    CHECK(kept(tree, "type = 'insert_exists'").size() == 5000);
    CHECK(kept(tree, "type IN ('update_deleted', 'delete_origin_differs')").size() == 5000);
    for (const auto& node : tree.nodes()) {
        wait_log_short(*node);
        CHECK(node->status().at("safe_to_go_offline") == true);
    }
    behind_its_back(laptop, "UPDATE item SET name = 'bent' WHERE nr = 123456");
    CHECK(differing(verdict(verify(home, 1), "public.item")) == std::vector<std::string>{"[123456] different"});
    CHECK_THAT(laptop.ctl({"verify"}).out, contains("public.item, different: [123456]"));
}

TEST_CASE("a link that is cut twenty times in a catch-up of both ends gets on each time, and sends little twice") {
    constexpr int backlog = 20000;
    constexpr int cuts = 20;
    auto options = with_items();
    options.proxied = true;
    options.nodes.poll_interval = "1h";
    options.nodes.retry = "{first: 50ms, max: 200ms}";
    auto tree = Tree::chain(2, options);
    auto& a = tree[0];
    auto& b = tree[1];
    auto& proxy = tree.proxy(0, 1);
    tree.sync_all();
    const auto write = [&](int first) {
        proxy.cut();
        for (int nr = first; nr < first + backlog; nr += 500) {
            a.sql().exec(rows(nr, nr + 499, std::string(100, 'a')));
            b.sql().exec(rows(nr + backlog, nr + backlog + 499, std::string(100, 'b')));
        }
    };
    const auto there = [&] { return count(a) + count(b); };
    // What it costs when nothing is cut.
    write(0);
    auto before = proxy.bytes_to_client();
    proxy.pass();
    wait_until(60s, "all is there", [&] { return there() == 4LL * backlog; });
    const auto clean = proxy.bytes_to_client() - before;
    write(2 * backlog);
    before = proxy.bytes_to_client();
    auto seen = there();
    int got_on = 0;
    for (int cut = 0; cut < cuts; ++cut) {
        proxy.pass();
        proxy.cut_after(clean / (cuts + 2));
        wait_until(30s, "the link is cut", [&] { return proxy.is_cut(); });
        const auto now = there();
        if (now > seen) ++got_on;
        seen = now;
    }
    CAPTURE(clean, seen, got_on);
    CHECK(seen < 8LL * backlog);
    CHECK(got_on > cuts / 2);
    proxy.pass();
    tree.sync_all();
    const auto sent = proxy.bytes_to_client() - before;
    CAPTURE(sent);
    CHECK(sent < 2 * clean);
    tree.check_equal({"item"});
    CHECK(count(a) == 4 * backlog);
    check_verified(a);
    CHECK(kept(tree, "true").empty());
}

namespace {

/// A user who writes rows of his own without pause, each insert, update and delete by itself, and knows what has to
/// come of it; and now and then one row that all write.
class Writer {
  public:
    Writer(Node& node, int first, std::string name)
        : first_(first), name_(std::move(name)), database_(node.conninfo()), thread_([this] { write(); }) {}
    ~Writer() { stop(); }
    void stop() {
        stopped_ = true;
        if (thread_.joinable()) thread_.join();
    }
    int rounds() const { return rounds_; }
    /// Rows that have to be there with the name that he gave them last; `nr % 3 = 0` are deleted.
    std::string expected() const {
        return "nr >= " + std::to_string(first_) + " AND nr < " + std::to_string(first_ + rounds_) +
               " AND nr % 3 <> 0 AND name = '" + name_ + " ' || nr || ' changed'";
    }
    std::string deleted() const {
        return "nr >= " + std::to_string(first_) + " AND nr < " + std::to_string(first_ + rounds_) + " AND nr % 3 = 0";
    }
    int lasting() const {
        int rows = 0;
        for (int nr = first_; nr < first_ + rounds_; ++nr)
            rows += nr % 3 == 0 ? 0 : 1;
        return rows;
    }
    std::string last_word() const { return name_ + " " + std::to_string(rounds_); }
    std::string error;

  private:
    void write() {
        try {
            while (!stopped_) {
                const auto nr = std::to_string(first_ + rounds_);
                database_.exec("INSERT INTO item VALUES (" + nr + ", '" + name_ + "')");
                database_.exec("UPDATE item SET name = '" + name_ + " ' || nr || ' changed' WHERE nr = " + nr);
                database_.exec("DELETE FROM item WHERE nr % 3 = 0 AND nr = " + nr);
                database_.exec("UPDATE item SET name = '" + name_ + " " + std::to_string(rounds_ + 1) +
                               "' WHERE nr = 5");
                ++rounds_;
            }
        } catch (const std::exception& problem) {
            error = problem.what();
        }
    }

    const int first_;
    const std::string name_;
    Database database_;
    std::atomic<bool> stopped_ = false;
    std::atomic<int> rounds_ = 0;
    std::thread thread_;
};

void drop_database(Cluster& cluster, const std::string& name) {
    Database(cluster.conninfo("postgres")).exec("DROP DATABASE \"" + name + "\" WITH (FORCE)");
}

}  // namespace

TEST_CASE("users write at both ends without pause while a database joins, and all of it is everywhere") {
    constexpr int filled = 20000;
    const bool second_is_filled = GENERATE(false, true);
    CAPTURE(second_is_filled);
    auto options = with_items();
    options.start = false;
    auto tree = Tree::chain(2, options);
    auto& a = tree[0];
    auto& b = tree[1];
    a.sql().exec(rows(1, filled, "of a"));
    if (second_is_filled) b.sql().exec(rows(filled / 2 + 1, filled + filled / 2, "of b"));
    tree.init_all();
    tree.start_all();
    Writer at_a(a, 1000000, "user of a");
    Writer at_b(b, 2000000, "user of b");
    wait_until(20s, "both write", [&] { return at_a.rounds() > 5 && at_b.rounds() > 5; });
    join_ok(b, "a");
    // What was written before somebody asks has come, though they never pause.
    for (const auto& node : tree.nodes())
        CHECK(node->ctl({"sync", "--wait", "--timeout", "10s"}).exit_code == 0);
    const auto rounds = at_a.rounds() + at_b.rounds();
    wait_until(20s, "they write on", [&] { return at_a.rounds() + at_b.rounds() > rounds + 10; });
    for (auto* const user : {&at_a, &at_b}) {
        user->stop();
        CHECK(user->error == "");
    }
    tree.sync_all();
    tree.check_equal({"item"});
    check_verified(b);
    for (const auto* const user : {&at_a, &at_b}) {
        CAPTURE(user->expected());
        CHECK(count(a, user->expected()) == user->lasting());
        CHECK(count(a, user->deleted()) == 0);
    }
    CHECK(count(a, "nr < 1000000") == (second_is_filled ? filled + filled / 2 : filled));
    const auto name = a.sql().value("SELECT name FROM item WHERE nr = 5");
    CHECK((name == at_a.last_word() || name == at_b.last_word()));
}

TEST_CASE("a database of yesterday comes back under its number at any place, and nothing that anybody has is lost") {
    const auto place = GENERATE(std::size_t{0}, std::size_t{1}, std::size_t{2});
    CAPTURE(place);
    auto tree = Tree::chain(3, with_items());
    auto& set_back = tree[place];
    tree[0].sql().exec(rows(1, 300, "of all"));
    tree.sync_all();
    const TempDir yesterday;
    dump(set_back.conninfo(), yesterday / "yesterday.sql");
    // What was done since then, everywhere, and is everywhere.
    for (std::size_t i = 0; i < tree.size(); ++i) {
        const auto first = static_cast<int>(i) * 20 + 1;
        tree[i].sql().exec("UPDATE item SET name = 'since' WHERE nr BETWEEN " + std::to_string(first) + " AND " +
                           std::to_string(first + 9) + "; DELETE FROM item WHERE nr BETWEEN " +
                           std::to_string(first + 10) + " AND " + std::to_string(first + 19) + ";" +
                           rows(1000 + first, 1000 + first + 9, "since"));
    }
    tree.sync_all();
    set_back.stop();
    drop_database(tree.cluster(), set_back.name());
    tree.cluster().create_database(set_back.name());
    restore(set_back.conninfo(), yesterday / "yesterday.sql");
    set_back.sql().reconnect();
    // And since it is back.
    for (std::size_t i = 0; i < tree.size(); ++i) {
        const auto nr = std::to_string(i);
        tree[i].sql().exec("INSERT INTO item VALUES (200" + nr +
                           ", 'back'); UPDATE item SET name = 'back' WHERE nr = 20" + nr +
                           "; DELETE FROM item WHERE nr = 21" + nr);
    }
    tree[(place + 1) % 3].sql().exec("UPDATE item SET name = 'other' WHERE nr = 220");
    set_back.sql().exec("UPDATE item SET name = 'set back' WHERE nr = 220");
    set_back.start();
    for (std::size_t i = 0; i < tree.size(); ++i) {
        if (i + 1 == place || i == place + 1) wait_error(tree[i], set_back, "it was made anew in its cluster");
    }
    set_back.init_ok();
    tree.sync_all();
    tree.sync_all();
    tree.check_equal({"item"});
    auto& sql = tree[0].sql();
    for (const auto& node : tree.nodes())
        check_verified(*node);
    CHECK(sql.number("SELECT count(*) FROM item WHERE nr < 1000 AND name = 'since'") == 30);
    CHECK(sql.number("SELECT count(*) FROM item WHERE nr > 1000 AND name = 'since'") == 30);
    CHECK(sql.number("SELECT count(*) FROM item WHERE nr >= 2000 AND name = 'back'") == 3);
    CHECK(sql.number("SELECT count(*) FROM item WHERE nr IN (200, 201, 202) AND name = 'back'") == 3);
    CHECK(sql.number("SELECT count(*) FROM item WHERE nr IN (210, 211, 212)") == 0);
    const auto name = sql.value("SELECT name FROM item WHERE nr = 220");
    CHECK((name == "other" || name == "set back"));
    CHECK(kept(tree, "key = '[220]' AND loser_row ->> 'name' IN ('other', 'set back')").size() == 1);
    // Also what was deleted yesterday does not come back.
    CHECK(sql.number("SELECT count(*) FROM item WHERE name = 'of all' AND nr <= 60") == 0);
}
