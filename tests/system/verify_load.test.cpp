#include <atomic>
#include <thread>

#include "tests/support/catch.hpp"
#include "tests/system/ask.hpp"
#include "tests/system/items.hpp"
#include "tests/system/mixed_load.hpp"
#include "tests/system/verify.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

/// Nodes that are written to all the time: whatever verify sees of it, nothing differs.
namespace {

/// Verifies at one node after the other until it is destroyed.
class Verifier {
  public:
    explicit Verifier(Tree& tree) : thread_([this, &tree] { run(tree); }) {}
    ~Verifier() { stop(); }

    void stop() {
        go_on_ = false;
        if (thread_.joinable()) thread_.join();
    }

    int times() const { return times_; }
    /// What those said that did not end with 0; empty: none. Only when it was stopped.
    const std::string& complaints() const { return complaints_; }

  private:
    void run(Tree& tree) {
        for (std::size_t at = 0; go_on_; ++at, ++times_) {
            const auto output = tree[at % tree.size()].ctl({"verify"});
            if (output.exit_code != 0) complaints_ += output.out + output.err;
        }
    }

    std::atomic<bool> go_on_ = true;
    std::atomic<int> times_ = 0;
    std::string complaints_;
    std::thread thread_;
};

void check_equal_now(Tree& tree) {
    for (const auto& node : tree.nodes()) {
        const auto answer = verify(*node, 0);
        for (const auto& table : load_tables)
            CHECK(boost::json::serialize(answer).find("\"public." + table + "\"") != std::string::npos);
    }
}

}  // namespace

TEST_CASE("verify finds no difference between nodes that are written to", "[busy]") {
    auto tree = Tree::chain(3, with_items());
    auto& a = tree[0];
    auto& b = tree[1];
    a.sql().exec("INSERT INTO item SELECT i, 'row ' || i FROM generate_series(1, 20000) i; ANALYZE item");
    tree.sync_all();
    std::atomic<bool> go_on = true;
    std::vector<std::thread> writers;
    for (const auto& node : tree.nodes()) {
        writers.emplace_back([&go_on, &node = *node] {
            Database session(node.conninfo());
            for (int i = 0; go_on; ++i) {
                const auto nr = [&](int factor) { return std::to_string((i * factor + node.number()) % 20500 + 1); };
                session.exec("UPDATE item SET name = '" + node.name() + std::to_string(i) + "' WHERE nr IN (" +
                             nr(7919) + ", " + nr(104729) + ", 5)");
                session.exec("DELETE FROM item WHERE nr = " + nr(611953));
                session.exec("INSERT INTO item VALUES (" + nr(611953) + ", 'again') ON CONFLICT DO NOTHING");
                if (i % 400 == 399)
                    session.exec("UPDATE item SET name = 'all' WHERE nr % 10 = " + std::to_string(i % 9));
            }
        });
    }
    int verified = 0;
    const auto end = std::chrono::steady_clock::now() + 15s;
    while (std::chrono::steady_clock::now() < end) {
        const auto output = tree[static_cast<std::size_t>(verified) % 3].ctl({"verify"});
        INFO(output.out << output.err);
        CHECK(output.exit_code == 0);
        ++verified;
    }
    go_on = false;
    for (auto& writer : writers)
        writer.join();
    CHECK(verified > 3);
    tree.sync_all();
    CHECK(figures(verdict(verify(a, 0), "public.item")) == "0, 0, 0, 0, 0");
    behind_its_back(b, "UPDATE item SET name = 'changed' WHERE nr = 12345");
    behind_its_back(b, "INSERT INTO item VALUES (99999, 'changed')");
    CHECK(verify(a, 1).as_array().size() == 1);
}

TEST_CASE("verify finds no difference under a mixed load that comes over in chunks", "[busy]") {
    TreeOptions options;
    options.schema = load_schema;
    options.nodes.log_level = "info";
    options.nodes.extra = "batch: {max_rows: 50}\n";
    auto tree = Tree::chain(3, options);
    {
        Verifier verifier(tree);
        write_mixed_load(tree, {.rounds = 20, .largest = 300});
        tree.sync_all();
        verifier.stop();
        CHECK(verifier.complaints() == "");
        CHECK(verifier.times() > 3);
    }
    check_equal_now(tree);
    behind_its_back(tree[1], "UPDATE note SET n = n + 1 WHERE id = (SELECT min(id) FROM note)");
    CHECK(verdict(verify(tree[0], 1), "public.note").at("different") == 1);
}
