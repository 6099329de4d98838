#include <atomic>
#include <mutex>
#include <random>
#include <thread>

#include "tests/support/catch.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/documents.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

/// Users who change the same large objects at all nodes at once. Each write gives a document a name of 16 letters of
/// its own, and an object that contains nothing but this name, again and again: so it shows when a row has another's
/// object, or an object parts of two.
namespace {

const char* const functions = R"(
CREATE FUNCTION write_document(which bigint, word text, copies int, anew boolean) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    had oid;
    content CONSTANT bytea := convert_to(repeat(word, copies), 'UTF8');
BEGIN
    UPDATE document SET name = word WHERE id = which RETURNING lo INTO had;
    IF NOT FOUND THEN
        INSERT INTO document VALUES (which, word, lo_from_bytea(0, content), NULL);
    ELSIF anew THEN
        UPDATE document SET lo = lo_from_bytea(0, content) WHERE id = which;
        PERFORM lo_unlink(had);
    ELSE
        PERFORM lo_truncate64(lo_open(had, x'20000'::int), 0);
        PERFORM lo_put(had, 0, content);
    END IF;
END $$;
CREATE FUNCTION resize_document(which bigint, copies int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    d document;
BEGIN
    UPDATE document SET preview = preview WHERE id = which RETURNING * INTO d;
    IF FOUND THEN
        PERFORM lo_truncate64(lo_open(d.lo, x'20000'::int), least(copies * 16, octet_length(lo_get(d.lo))));
        PERFORM lo_put(d.lo, octet_length(lo_get(d.lo)), convert_to(repeat(d.name, copies % 100), 'UTF8'));
    END IF;
END $$;
CREATE FUNCTION drop_document(which bigint) RETURNS void LANGUAGE sql AS $$
    WITH gone AS (DELETE FROM document WHERE id = which RETURNING lo) SELECT lo_unlink(lo) FROM gone
$$;
CREATE FUNCTION swap_documents(one bigint, other bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM document WHERE id IN (one, other) ORDER BY id FOR UPDATE;
    UPDATE document d SET lo = o.lo, name = o.name FROM document o
    WHERE d.id IN (one, other) AND o.id IN (one, other) AND o.id <> d.id;
END $$;
)";

class Writer {
  public:
    Writer(const std::string& conninfo, unsigned number) : database_(conninfo), random_(number), number_(number) {}

    void round() {
        try {
            database_.exec(statement());
        } catch (const SqlError& error) {
            if (error.sqlstate != "23505" && error.sqlstate != "40P01") throw;
        }
    }

  private:
    unsigned below(unsigned limit) { return std::uniform_int_distribution<unsigned>(0, limit - 1)(random_); }
    std::string document() { return std::to_string(below(8)); }
    std::string copies() { return std::to_string(below(5) == 0 ? below(60'000) : below(300)); }

    std::string statement() {
        switch (below(8)) {
            case 0:
                return "SELECT drop_document(" + document() + ")";
            case 1:
                return "SELECT swap_documents(" + document() + ", " + document() + ")";
            case 2:
            case 3:
                return "SELECT resize_document(" + document() + ", " + copies() + ")";
            default:
                return "SELECT write_document(" + document() + ", to_char(" +
                       std::to_string(number_ * 100'000 + ++written_) + ", 'FM0000000000000000'), " + copies() +
                       (below(2) == 0 ? ", true)" : ", false)");
        }
    }

    Database database_;
    std::mt19937 random_;
    unsigned number_;
    unsigned written_ = 0;
};

/// How many of these rows (name, lo) have an object that is not theirs.
std::string mixed_up(const std::string& rows) {
    return "SELECT count(*) FROM (" + rows +
           ") r WHERE lo_get(lo) <> convert_to(repeat(name, octet_length(lo_get(lo)) / 16), 'UTF8')";
}

void check_contents(Node& node) {
    INFO("at " << node.name());
    const std::string losers =
        "SELECT loser_row ->> 'name' AS name, (loser_row ->> 'lo')::oid AS lo FROM replication.conflicts"
        " WHERE loser_row IS NOT NULL AND restored_at IS NULL";
    CHECK(node.sql().number(mixed_up("SELECT name, lo FROM document")) == 0);
    CHECK(node.sql().number(mixed_up(losers)) == 0);
    CHECK(objects(node) == node.sql().number("SELECT count(DISTINCT lo) FROM (SELECT lo FROM document UNION ALL "
                                             "SELECT lo FROM (" +
                                             losers + ") l) o"));
    CHECK(node.sql().number("SELECT count(*) FROM replication.held") == 0);
}

}  // namespace

TEST_CASE("objects that users change at all nodes at once stay with their rows, while daemons die and links break") {
    auto options = with_documents("", functions);
    options.schema += "ALTER TABLE document DROP CONSTRAINT document_name_key;";
    options.proxied = true;
    auto tree = Tree::chain(3, options);
    tree.sync_all();
    std::atomic<bool> enough = false;
    std::mutex mutex;
    std::string failures;
    std::vector<std::thread> writers;
    for (unsigned number = 1; number <= 6; ++number) {
        writers.emplace_back([&, number, conninfo = tree[number % tree.size()].conninfo()] {
            try {
                Writer writer(conninfo, number);
                while (!enough)
                    writer.round();
            } catch (const std::exception& error) {
                const std::lock_guard lock(mutex);
                failures += "writer " + std::to_string(number) + ": " + error.what() + "\n";
            }
        });
    }
    std::size_t turn = 0;
    for (const char* const point : {"objects.compared", "objects.fetched", "objects.done", "apply.merged",
                                    "apply.before_commit", "apply.committed"}) {
        auto& node = tree[turn % tree.size()];
        auto& proxy = tree.proxy(turn % 2, turn % 2 + 1);
        ++turn;
        proxy.cut_after(2'000'000);
        node.faults().arm(point, Faults::Action::kill);
        const auto died = node.wait_exit(30s);
        proxy.pass();
        node.faults().clear();
        if (died) node.start();
        CHECK(died);
    }
    enough = true;
    for (auto& writer : writers)
        writer.join();
    INFO(failures);
    REQUIRE(failures.empty());
    check_documents(tree);
    long long conflicts = 0;
    for (const auto& node : tree.nodes()) {
        check_contents(*node);
        conflicts += node->sql().number("SELECT count(*) FROM replication.conflicts WHERE loser_row IS NOT NULL");
    }
    REQUIRE(conflicts > 0);
    for (const auto& node : tree.nodes()) {
        const auto loser =
            node->sql().value("SELECT coalesce(max(id), 0) FROM replication.conflicts WHERE loser_row IS NOT NULL");
        if (loser != "0") CHECK(node->ctl({"conflicts", "restore", loser}).exit_code == 0);
        check_documents(tree);
        check_contents(*node);
    }
}
