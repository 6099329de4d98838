#include "tests/support/catch.hpp"
#include "tests/support/installation.hpp"
#include "tests/support/process.hpp"
#include "tests/support/tree.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/ask.hpp"
#include "tests/system/interleaving.hpp"

#include <thread>

using namespace tromp::test;
using namespace std::chrono_literals;

namespace {

/// As somebody types it: every statement by itself, none that fails is passed over.
Output type_in(Node& node, const std::string& file, int day = 0) {
    return run({postgres_program("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-v",
                "node=" + std::to_string(10 * day + node.number()), "-f",
                TROMP_SOURCE_DIR "/tests/system/workshop/" + file, "-d", node.conninfo()});
}

void type_in_ok(Node& node, const std::string& file) {
    const auto output = type_in(node, file);
    INFO(node.name() << " " << file << ": " << output.err);
    REQUIRE(output.exit_code == 0);
}

void work_at_once(const std::vector<Node*>& nodes, int day) {
    std::vector<Output> outputs(nodes.size());
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < nodes.size(); ++i)
            threads.emplace_back([&, i] { outputs[i] = type_in(*nodes[i], "work.sql", day); });
    }
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        INFO(nodes[i]->name() << ": " << outputs[i].err);
        CHECK(outputs[i].exit_code == 0);
    }
}

std::vector<std::string> tables_of(Node& node) {
    std::vector<std::string> tables;
    for (const auto& row :
         node.sql().rows("SELECT format('%I.%I', schema_name, table_name) FROM replication.tables ORDER BY 1"))
        tables.push_back(row.at(0).value());
    return tables;
}

/// Columns, constraints, indexes, views, functions, types, triggers: all that somebody made.
const char* const whole_schema =
    "(SELECT 'column', c.oid::regclass::text, a.attname::text, format_type(a.atttypid, a.atttypmod), "
    "a.attnotnull::text,"
    "        coalesce(regexp_replace(pg_get_expr(d.adbin, d.adrelid), 'nextval.*', 'nextval'), '')"
    " FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
    " LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum"
    " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'c')"
    " UNION ALL SELECT 'constraint', conrelid::regclass::text, conname::text, pg_get_constraintdef(oid), '', '' FROM "
    "pg_constraint"
    " WHERE connamespace = 'public'::regnamespace"
    " UNION ALL SELECT 'index', indrelid::regclass::text, pg_get_indexdef(indexrelid), '', '', '' FROM pg_index i JOIN "
    "pg_class c ON c.oid = i.indrelid"
    " WHERE c.relnamespace = 'public'::regnamespace"
    " UNION ALL SELECT 'view', viewname::text, definition, '', '', '' FROM pg_views WHERE schemaname = 'public'"
    " UNION ALL SELECT 'function', oid::regprocedure::text, pg_get_functiondef(oid), '', '', '' FROM pg_proc WHERE "
    "pronamespace = 'public'::regnamespace"
    " UNION ALL SELECT 'label', enumtypid::regtype::text, enumlabel::text, row_number() OVER (PARTITION BY enumtypid "
    "ORDER BY enumsortorder)::text, '', '' FROM pg_enum"
    " UNION ALL SELECT 'trigger', tgrelid::regclass::text, pg_get_triggerdef(oid), '', '', '' FROM pg_trigger"
    " WHERE NOT tgisinternal AND tgname NOT LIKE 'trompd%')";

void check_same_schema(Tree& tree) {
    const auto first = table_image(tree[0].sql(), whole_schema);
    for (const auto& node : tree.nodes()) {
        INFO("a and " << node->name());
        CHECK(small_diff(first, table_image(node->sql(), whole_schema)) == "");
    }
    check_statements_run(tree);
}

}  // namespace

TEST_CASE("a workshop's schema, typed in at one of three nodes, worked with at all, changed twice while one is away",
          "[busy]") {
    TreeOptions options;
    options.nodes.ddl = "{capture: true}";
    auto tree = Tree::chain(3, options);
    auto& a = tree[0];
    auto& b = tree[1];
    auto& c = tree[2];
    type_in_ok(b, "schema.sql");
    type_in_ok(b, "stock.sql");
    tree.sync_all();
    CHECK(tables_of(b).size() == 22);
    check_same_schema(tree);
    tree.check_equal(tables_of(b));

    work_at_once({&a, &b, &c}, 1);
    tree.sync_all();
    tree.check_equal(tables_of(b));
    CHECK(c.sql().number("SELECT count(*) FROM person") == 30);

    c.stop();
    type_in_ok(a, "first_change.sql");
    work_at_once({&a, &c}, 2);
    REQUIRE(a.sync().exit_code == 0);
    type_in_ok(b, "second_change.sql");
    c.start();
    tree.sync_all();
    wait_value(c, "SELECT count(*) FROM replication.statements WHERE state <> 'done'", "0");
    tree.sync_all();
    check_same_schema(tree);
    tree.check_equal(tables_of(b));
    CHECK(tables_of(c).size() == 22);
    CHECK(c.sql().number("SELECT count(*) FROM bicycle WHERE weight IS NULL") ==
          a.sql().number("SELECT count(*) FROM bicycle WHERE weight IS NULL"));
    CHECK(c.sql().number("SELECT count(*) FROM reminder WHERE done") > 0);
    check_logs_drained(tree);
}
