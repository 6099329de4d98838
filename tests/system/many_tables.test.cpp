#include "tests/support/catch.hpp"
#include "tests/support/tree.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/ask.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

namespace {

constexpr int many = 1000;

std::chrono::milliseconds since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
}

}  // namespace

TEST_CASE("a thousand tables: a link starts in seconds, a row takes no longer than with one, and all of them flow",
          "[busy]") {
    TreeOptions options;
    options.start = false;
    options.schema =
        "DO $$ BEGIN FOR i IN 1..1000 LOOP EXECUTE format('CREATE TABLE t%s (nr bigserial PRIMARY KEY, name text, at "
        "timestamptz DEFAULT now())', i); END LOOP; END $$";
    options.nodes.log_level = "info";
    options.nodes.poll_interval = "1h";
    auto tree = Tree::chain(2, options);
    auto start = std::chrono::steady_clock::now();
    tree.init_all();
    WARN("init of two nodes: " << since(start).count() << " ms");
    start = std::chrono::steady_clock::now();
    tree.start_all();
    tree.sync_all();
    WARN("start to first sync: " << since(start).count() << " ms");
    CHECK(since(start) < 60s * patience);
    auto& a = tree[0];
    auto& b = tree[1];
    start = std::chrono::steady_clock::now();
    constexpr int rows = 20;
    for (int row = 1; row <= rows; ++row) {
        a.sql().exec("INSERT INTO t" + std::to_string(row * 7) + " (name) VALUES ('x')");
        wait_value(b, "SELECT count(*) FROM t" + std::to_string(row * 7), "1");
    }
    WARN("a row: " << since(start).count() / rows << " ms");
    CHECK(since(start) / rows < 3s * patience);
    start = std::chrono::steady_clock::now();
    a.sql().exec(
        "DO $$ BEGIN FOR i IN 1..1000 LOOP EXECUTE format('INSERT INTO t%s (name) SELECT ''many'' FROM "
        "generate_series(1, 10)', i); END LOOP; END $$");
    tree.sync_all();
    WARN("a transaction that writes to all: " << since(start).count() << " ms");
    const auto one_row = [&](const std::string& name) {
        const auto begin = std::chrono::steady_clock::now();
        for (int row = 1; row <= rows; ++row) {
            a.sql().exec("INSERT INTO t5 (name) VALUES ('" + name + "')");
            wait_value(b, "SELECT count(*) FROM t5 WHERE name = '" + name + "'", std::to_string(row));
        }
        return since(begin) / rows;
    };
    const auto after = one_row("after");
    WARN("a row after that: " << after.count() << " ms");
    CHECK(after < 3s * patience);
    std::vector<std::string> tables;
    for (int i = 1; i <= many; i += 37)
        tables.push_back("t" + std::to_string(i));
    tree.check_equal(tables);
    CHECK(b.sql().number("SELECT sum((xpath('/row/c/text()', query_to_xml('SELECT count(*) AS c FROM ' || table_name, "
                         "true, true, '')))[1]::text::int) FROM replication.tables") == many * 10 + 2 * rows);
}
