#include "tests/support/catch.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/ask.hpp"
#include "tests/system/documents.hpp"
#include "tests/system/peak_memory.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

/// What large objects cost, and whom they belong to.

TEST_CASE("an object of 200 MB takes little memory, and a byte of it that changed little of the link", "[busy]") {
    if (patience > 1) {
        WARN("skipped under a sanitizer: its shadow memory and its quarantine are counted as the daemon's");
        return;
    }
    constexpr long long most_kb = 64 * 1024;
    constexpr std::uint64_t most_bytes = 3'000'000;
    auto options = with_documents();
    options.proxied = true;
    auto tree = Tree::chain(2, options);
    auto& a = tree[0];
    auto& b = tree[1];
    tree.sync_all();
    b.stop();
    TempDir dir;
    Process daemon({std::string(TROMP_BINARY_DIR) + "/trompd", "--config", b.config()}, dir.path(), "trompd");
    wait_until(10s, "the daemon answers", [&] { return b.ctl({"sync"}).exit_code == 0; });
    const auto drain = [&] {
        const auto output = b.ctl({"sync", "--wait", "--timeout", "400s"});
        INFO(output.err << tail(daemon.err(), 20));
        REQUIRE(output.exit_code == 0);
        const char* const sum =
            "SELECT concat_ws(' ', count(*), sum(hashtextextended(pageno || encode(data, 'hex'), 0)::numeric))"
            " FROM pg_largeobject p JOIN document d ON d.lo = p.loid";
        CHECK(a.sql().value(sum) == b.sql().value(sum));
    };
    a.sql().exec(
        "BEGIN; INSERT INTO document VALUES (1, 'big', lo_create(0), NULL);"
        "SELECT count(lo_put(lo, i * 1000000::bigint, decode(repeat(md5(i::text), 62500), 'hex')))"
        " FROM document, generate_series(0, 199) i; COMMIT");
    drain();
    CHECK(b.sql().number("SELECT lo_lseek64(lo_open(lo, x'40000'::int), 0, 2) FROM document") == 200'000'000);
    const auto before = tree.proxy(0, 1).bytes_to_client();
    a.sql().exec(
        "BEGIN; UPDATE document SET name = 'changed'; SELECT lo_put(lo, 123456789, 'x') FROM document; COMMIT");
    drain();
    const auto sent = tree.proxy(0, 1).bytes_to_client() - before;
    const auto peak = peak_memory(daemon);
    WARN("for one byte " << sent << " bytes went over the link; peak memory of the daemon: " << peak << " kB");
    CHECK(sent < most_bytes);
    CHECK(peak < most_kb);
    CHECK(objects(b) == 1);
    daemon.kill(SIGTERM);
    CHECK(daemon.wait_exit(5s) == 0);
}

TEST_CASE("the roles of trompctl grants are enough for large objects, which belong to the table's owner") {
    auto options = with_documents(
        "",
        "DO $$ BEGIN CREATE ROLE app; EXCEPTION WHEN duplicate_object THEN NULL; END $$;"
        "DO $$ BEGIN CREATE ROLE visitor; EXCEPTION WHEN duplicate_object THEN NULL; END $$;"
        "ALTER TABLE document OWNER TO app; ALTER TABLE note OWNER TO app; GRANT SELECT ON document TO visitor");
    options.start = false;
    auto tree = Tree::chain(2, options);
    auto& a = tree[0];
    auto& b = tree[1];
    if (a.sql().number("SELECT current_setting('server_version_num')::int") < 150000) {
        WARN("skipped: before PostgreSQL 15 only a superuser may set session_replication_role");
        return;
    }
    tree.init_all();
    for (auto* const node : {&a, &b}) {
        auto& other = node == &a ? b : a;
        node->sql().exec(node->ctl({"grants"}).out);
        node->link(other, {.conninfo = other.cluster().conninfo(other.name(), "trompd_reader")});
        set_own_database(*node, node->cluster().conninfo(node->name(), "trompd"));
    }
    tree.start_all();
    const auto as = [](Node& node, const std::string& role, const std::string& sql) {
        node.sql().exec("SET ROLE " + role);
        node.sql().exec(sql);
        node.sql().exec("RESET ROLE");
    };
    // The second one does not come in one piece.
    as(a, "app",
       "INSERT INTO document VALUES (1, 'one', lo_from_bytea(0, 'of the app'), NULL), (2, 'large', lo_from_bytea(0, " +
           bytes(2, 3'000'000) + "), NULL)");
    check_documents(tree);
    CHECK(b.sql().value("SELECT string_agg(DISTINCT pg_get_userbyid(lomowner), ' ') FROM pg_largeobject_metadata") ==
          "app");
    as(b, "visitor", "SELECT lo_get(lo) FROM document");
    CHECK_THROWS_AS(as(b, "visitor", "SELECT lo_put(lo, 0, 'x') FROM document"), SqlError);
    b.sql().exec("RESET ROLE");
    // The app goes on with it there, replaces it, and deletes it.
    as(b, "app",
       "BEGIN; UPDATE document SET name = 'two' WHERE id = 1; SELECT lo_put(lo, 0, 'at b') FROM document WHERE id = 1; "
       "COMMIT");
    check_documents(tree);
    CHECK(text_of(a, 1) == "at bhe app");
    CHECK(objects(a) == 2);
    as(a, "app", "WITH old AS (DELETE FROM document RETURNING lo) SELECT lo_unlink(lo) FROM old");
    check_documents(tree);
    CHECK(objects(b) == 0);
}
