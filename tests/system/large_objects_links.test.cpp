#include "tests/support/catch.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/documents.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

/// Large objects over links that break.
namespace {

constexpr std::uint64_t megabyte = 1'000'000;

/// Makes document 1 with an object of so many megabytes, which do not compress.
std::string make_document(int megabytes) {
    return "BEGIN; INSERT INTO document VALUES (1, 'big', lo_create(0), NULL);"
           "SELECT count(lo_put(lo, i * 1000000::bigint, " +
           bytes(1, megabyte) + " || decode(md5(i::text), 'hex'))) FROM document, generate_series(0, " +
           std::to_string(megabytes - 1) + ") i; COMMIT";
}

long long kept_blocks(Node& node) {
    return node.sql().number("SELECT count(*) FROM replication.fetched_blocks");
}

}  // namespace

TEST_CASE("an object much larger than what the link carries at a time gets there, and what came does not come again") {
    constexpr int megabytes = 24;
    constexpr std::uint64_t at_a_time = 3 * megabyte;
    auto options = with_documents();
    options.proxied = true;
    auto tree = Tree::chain(2, options);
    auto& a = tree[0];
    auto& b = tree[1];
    tree.sync_all();
    auto& proxy = tree.proxy(0, 1);
    const auto before = proxy.bytes_to_client();
    proxy.cut_after(at_a_time);
    a.sql().exec(make_document(megabytes));
    int cuts = 0;
    long long most_kept = 0;
    const auto is_there = [&] { return b.sql().number("SELECT count(*) FROM document") == 1; };
    for (; !is_there(); ++cuts) {
        wait_until(30s, "the object is there, or the link cut again", [&] { return proxy.is_cut() || is_there(); });
        most_kept = std::max(most_kept, kept_blocks(b));
        REQUIRE(cuts < 4 * megabytes);
        proxy.pass();
        proxy.cut_after(at_a_time);
    }
    const auto sent = proxy.bytes_to_client() - before;
    proxy.pass();
    check_documents(tree);
    WARN("the link was cut " << cuts << " times; " << sent << " bytes went over it");
    CHECK(cuts > 4);
    CHECK(most_kept > 20);
    CHECK(sent < 2 * megabyte * megabytes);
    CHECK(kept_blocks(b) == 0);
    CHECK(objects(b) == 1);
}

TEST_CASE(
    "blocks that came before the daemon was killed are used by the next one, also when the object is another since") {
    auto options = with_documents();
    options.proxied = true;
    auto tree = Tree::chain(2, options);
    auto& a = tree[0];
    auto& b = tree[1];
    tree.sync_all();
    b.faults().arm("objects.fetched", Faults::Action::kill);
    a.sql().exec(make_document(4));
    REQUIRE(b.wait_exit(30s) == -SIGKILL);
    b.faults().clear();
    CHECK(objects(b) == 0);
    CHECK(kept_blocks(b) == 16);
    SECTION("the same") {}
    SECTION("changed") {
        a.sql().exec(
            "BEGIN; UPDATE document SET name = 'x'; SELECT lo_put(lo, 2000000, 'changed') FROM document; COMMIT");
    }
    SECTION("deleted, and another one comes") {
        a.sql().exec(
            "WITH old AS (DELETE FROM document RETURNING lo) SELECT lo_unlink(lo) FROM old;"
            "INSERT INTO document VALUES (2, 'small', lo_from_bytea(0, 'small'), NULL)");
    }
    const auto before = tree.proxy(0, 1).bytes_to_client();
    b.start();
    check_documents(tree);
    CHECK(tree.proxy(0, 1).bytes_to_client() - before < megabyte);
    CHECK(objects(b) == 1);
    CHECK(kept_blocks(b) == 0);
}
