#include "tests/support/catch.hpp"
#include "tests/support/installation.hpp"
#include "tests/support/tree.hpp"
#include "tests/system/ask.hpp"

using namespace tromp::test;

/// What people try first.
namespace {

const std::vector<std::string> tables = {"pgbench_accounts", "pgbench_branches", "pgbench_tellers"};

Argv pgbench(const Node& node, const Argv& options) {
    Argv argv{postgres_program("pgbench").string()};
    argv.insert(argv.end(), options.begin(), options.end());
    argv.push_back(node.conninfo());
    return argv;
}

void run_ok(const Argv& argv) {
    const auto output = run(argv);
    INFO(output.err);
    REQUIRE(output.exit_code == 0);
}

}  // namespace

TEST_CASE("pgbench -i: its table without a key is refused with the reason, and pgbench at two nodes at once ends equal",
          "[busy]") {
    const auto initialise = GENERATE(Argv{"-i", "-q"}, Argv{"-i", "-q", "--foreign-keys", "--partitions=3"});
    TreeOptions options;
    options.start = false;
    options.nodes.log_level = "info";
    auto tree = Tree::chain(2, options);
    for (const auto& node : tree.nodes()) {
        run_ok(pgbench(*node, initialise));
        const auto init = node->init();
        CHECK(init.exit_code == 1);
        CHECK_THAT(init.err, contains("public.pgbench_history") && contains("it has no primary key"));
        CHECK(init.err.find("pgbench_accounts") == std::string::npos);
        CHECK(node->sql().number("SELECT count(*) FROM replication.tables") == 3);
    }
    tree.start_all();
    tree.sync_all();
    {
        const Argv load = {"-n", "-c", "4", "-T", "5"};
        TempDir dir;
        Process at_a(pgbench(tree[0], load), dir.path(), "a");
        Process at_b(pgbench(tree[1], load), dir.path(), "b");
        for (auto* const process : {&at_a, &at_b}) {
            const auto status = process->wait_exit(std::chrono::seconds(60));
            INFO(process->err());
            CHECK(status == 0);
            CHECK_THAT(process->out(), contains("number of failed transactions: 0"));
        }
    }
    tree.sync_all();
    tree.check_equal(tables);
    for (const auto& node : tree.nodes()) {
        CHECK(node->sql().number("SELECT count(*) FROM pgbench_accounts WHERE abalance <> 0") > 100);
        CHECK(node->sql().number("SELECT count(*) FROM replication.held") == 0);
        wait_log_short(*node);
    }
}
