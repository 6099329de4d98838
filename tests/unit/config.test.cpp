#include "common/config.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/nearest.hpp"
#include "common/table_pattern.hpp"
#include "tests/support/catch.hpp"

using namespace std::chrono_literals;
using namespace tromp;

namespace {

const std::filesystem::path source = TROMP_SOURCE_DIR;
const std::filesystem::path fixtures = source / "tests/unit/fixtures/config";

std::vector<std::filesystem::path> yaml_files(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().extension() == ".yaml") files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    return files;
}

/// The lines "# expect: LINE:COLUMN: message" of a fixture.
std::vector<std::string> expected_diagnostics(const std::filesystem::path& file) {
    const std::string mark = "# expect: ";
    std::vector<std::string> expected;
    std::ifstream stream(file);
    for (std::string line; std::getline(stream, line);) {
        if (line.starts_with(mark)) expected.push_back(line.substr(mark.size()));
    }
    return expected;
}

ConfigError failure(const std::string& text) {
    try {
        parse_config(text, "t.yaml");
    } catch (const ConfigError& error) {
        return error;
    }
    FAIL("no error in: " << text);
    throw std::logic_error("unreachable");
}

Config valid(const std::string& name) {
    return load_config((fixtures / "valid" / name).string());
}

}  // namespace

TEST_CASE("every valid fixture is accepted") {
    const auto files = yaml_files(fixtures / "valid");
    REQUIRE_FALSE(files.empty());
    for (const auto& file : files) {
        CAPTURE(file);
        CHECK_NOTHROW(load_config(file.string()));
    }
}

TEST_CASE("every invalid fixture gives exactly the diagnostics that it names") {
    const auto files = yaml_files(fixtures / "invalid");
    REQUIRE_FALSE(files.empty());
    for (const auto& file : files) {
        CAPTURE(file);
        const auto expected = expected_diagnostics(file);
        std::vector<std::string> found;
        std::string what;
        try {
            load_config(file.string());
        } catch (const ConfigError& error) {
            CHECK(error.code() == Exit::usage);
            what = error.what();
            for (const auto& [name, line, column, message] : error.diagnostics()) {
                CHECK(name == file.string());
                found.push_back(std::to_string(line) + ":" + std::to_string(column) + ": " + message);
            }
        }
        CHECK_FALSE(expected.empty());
        CHECK(found == expected);
        CHECK(what.find("geheim") == std::string::npos);
    }
}

TEST_CASE("the files of config/ are valid") {
    const Config smallest = load_config((source / "config/trompd.yaml").string());
    CHECK(smallest.name == "node-2");
    REQUIRE(smallest.neighbours.size() == 1);
    CHECK(smallest.neighbours[0].name == "node-1");

    const Config reference = load_config((source / "config/trompd.reference.yaml").string());
    CHECK(reference.conflicts.tables.size() == 3);
}

TEST_CASE("the reference configuration shows the defaults") {
    const Config shown = load_config((source / "config/trompd.reference.yaml").string());
    const Config defaults;
    const Neighbour neighbour;
    CHECK(shown.max_nodes == defaults.max_nodes);
    CHECK(shown.neighbours.at(0).direction == neighbour.direction);
    CHECK(shown.neighbours.at(0).poll_interval == neighbour.poll_interval);
    CHECK(shown.neighbours.at(0).retry.first == neighbour.retry.first);
    CHECK(shown.neighbours.at(0).retry.max == neighbour.retry.max);
    CHECK(shown.conflicts.resolver == defaults.conflicts.resolver);
    CHECK(shown.conflicts.delete_resolver == defaults.conflicts.delete_resolver);
    CHECK(shown.conflicts.tables.at("public.line").orphans == TableRule{}.orphans);
    CHECK(shown.batch.max_rows == defaults.batch.max_rows);
    CHECK(shown.log_level == defaults.log_level);
    CHECK(shown.limits.stale_after == defaults.limits.stale_after);
    CHECK(shown.limits.stale_log == defaults.limits.stale_log);
    CHECK(shown.limits.max_clock_skew == defaults.limits.max_clock_skew);
    CHECK(shown.limits.on_clock_skew == defaults.limits.on_clock_skew);
    CHECK(shown.control.socket == defaults.control.socket);
    CHECK(shown.ddl.capture == defaults.ddl.capture);
    CHECK(shown.ddl.apply == defaults.ddl.apply);
}

TEST_CASE("the defaults are the documented ones") {
    for (const char* name : {"minimal.yaml", "empty_sections.yaml"}) {
        CAPTURE(name);
        const Config config = valid(name);
        CHECK(config.node == 2);
        CHECK(config.name == "node-2");
        CHECK(config.database == "dbname=a");
        CHECK(config.tables.empty());
        CHECK(config.max_nodes == 10);
        CHECK(config.neighbours.empty());
        CHECK(config.conflicts.resolver == Resolver::last_update_wins);
        CHECK(config.conflicts.delete_resolver == DeleteResolver::delete_wins);
        CHECK(config.batch.max_rows == 100000);
        CHECK(config.log_level == "info");
        CHECK(config.limits.stale_after == 720h);
        CHECK(config.limits.stale_log == 10737418240U);
        CHECK(config.limits.max_clock_skew == 60s);
        CHECK(config.limits.on_clock_skew == OnSkew::warn);
        CHECK(config.control.socket == "/run/trompd/trompd.sock");
        CHECK_FALSE(config.control.listen);
        CHECK(config.ddl.capture);
        CHECK(config.ddl.apply);
        CHECK(config.large_objects.empty());
    }
    const Neighbour neighbour = valid("neighbour_without_database.yaml").neighbours.at(0);
    CHECK(neighbour.name == "node-1");
    CHECK_FALSE(neighbour.database);
    CHECK(neighbour.direction == Direction::pull);
    CHECK(neighbour.poll_interval == 10s);
    CHECK(neighbour.retry.first == 200ms);
    CHECK(neighbour.retry.max == 30s);
}

TEST_CASE("every key is read into its field") {
    const Config config = valid("complete.yaml");
    CHECK(config.file == (fixtures / "valid/complete.yaml").string());
    CHECK(config.node == 12);
    CHECK(config.name == "laptop");
    CHECK(config.database == "postgresql://trompd@127.0.0.1:5433/calendar");
    CHECK(config.tables == std::vector<std::string>{"public.*", "!public.cache_*", "public.\"Odd Name\""});
    CHECK(config.max_nodes == 20);

    REQUIRE(config.neighbours.size() == 1);
    const Neighbour& neighbour = config.neighbours[0];
    CHECK(neighbour.node == 1);
    CHECK(neighbour.name == "home");
    CHECK(neighbour.database == "host=home.example.org dbname=calendar");
    CHECK(neighbour.direction == Direction::both);
    CHECK(neighbour.poll_interval == 5min);
    CHECK(neighbour.retry.first == 1s);
    CHECK(neighbour.retry.max == 2h);

    CHECK(config.conflicts.resolver == Resolver::strongest);
    CHECK(config.conflicts.delete_resolver == DeleteResolver::last_update_wins);
    REQUIRE(config.conflicts.tables.size() == 2);
    const TableRule& account = config.conflicts.tables.at("public.account");
    CHECK(account.resolver == Resolver::node_priority);
    CHECK(account.delete_resolver == DeleteResolver::delete_wins);
    CHECK(account.priority == std::vector<int>{12, 1});
    CHECK(account.orphans == Orphans::report);
    const TableRule& invoice = config.conflicts.tables.at("public.invoice");
    CHECK_FALSE(invoice.resolver);
    CHECK(invoice.strength == "amount");
    CHECK(invoice.orphans == Orphans::restore_parent);

    CHECK(config.batch.max_rows == 7);
    CHECK(config.log_level == "debug");
    CHECK(config.limits.stale_after == 24h);
    CHECK(config.limits.stale_log == 5242880);
    CHECK(config.limits.max_clock_skew == 250ms);
    CHECK(config.limits.on_clock_skew == OnSkew::stop);
    CHECK(config.control.socket == "/tmp/t.sock");
    CHECK(config.control.listen == "[::1]:7788");
    CHECK_FALSE(config.ddl.capture);
    CHECK_FALSE(config.ddl.apply);
    CHECK(config.large_objects.at("public.document") == std::vector<std::string>{"lo", "preview"});
    CHECK(config.large_objects.at("public.\"Odd Name\"") == std::vector<std::string>{"lo"});
}

TEST_CASE("an excluding pattern needs no quotes, although YAML takes it for a tag") {
    const auto tables = valid("tables.yaml").tables;
    CHECK(std::count(tables.begin(), tables.end(), "!public.cache_*") == 1);
}

TEST_CASE("rules are found by the one spelling of a table's name") {
    const auto tables = valid("table_rules.yaml").conflicts.tables;
    for (const char* name : {"public.account", "public.\"Odd Name\"", "public.line", "public.plain"}) {
        CAPTURE(name);
        CHECK(tables.contains(name));
    }
}

TEST_CASE("what() has all diagnostics, one per line, in the order of the file") {
    const auto error = failure("nodes: 2\ndatabase: dbname=a\nbatch: {max_rows: 0}\n");
    CHECK(std::string(error.what()) ==
          "t.yaml:1:1: unknown key 'nodes'; did you mean 'node'?\n"
          "t.yaml:3:19: 'max_rows' is '0'; it must be a whole number from 1 to 100000000");
}

TEST_CASE("a file without any text is empty") {
    for (const char* text : {"", "\n", "---\n", "# comment", "~\n"}) {
        CAPTURE(text);
        CHECK_THAT(failure(text).what(), test::contains("t.yaml:1:1: the file is empty"));
    }
}

TEST_CASE("an unreadable file is an error of the file as a whole") {
    const std::string absent = (fixtures / "absent.yaml").string();
    CHECK_THROWS_WITH(load_config(absent), absent + ": cannot read the file: No such file or directory");
    const std::string folder = fixtures.string();
    CHECK_THROWS_WITH(load_config(folder), folder + ": cannot read the file: Is a directory");
}

TEST_CASE("hostile files end in an error") {
    CHECK_THROWS_AS(parse_config(std::string(100000, '['), "t.yaml"), ConfigError);
    CHECK_THROWS_AS(parse_config("&a [*a]", "t.yaml"), ConfigError);
    CHECK_THROWS_AS(parse_config("neighbours: &a\n  - *a\n", "t.yaml"), ConfigError);
    CHECK_THROWS_AS(parse_config(std::string("node: \0\xff", 8), "t.yaml"), ConfigError);
    CHECK_THROWS_AS(parse_config("node: !!binary x\n", "t.yaml"), ConfigError);
}

TEST_CASE("the nearest word is the one that was meant") {
    CHECK(edit_distance("", "abc") == 3);
    CHECK(edit_distance("neigbours", "neighbours") == 1);
    CHECK(edit_distance("delte", "delete") == 1);
    CHECK(edit_distance("defualt", "default") == 1);
    CHECK(edit_distance("LOG", "log") == 0);

    const std::vector<std::string> known{"status", "sync", "held", "help"};
    CHECK(nearest("statsu", known) == "status");
    CHECK(nearest("hel", known) == "held");
    CHECK_FALSE(nearest("frobnicate", known));
    CHECK_FALSE(nearest("x", {}));
}

TEST_CASE("table patterns match as they say") {
    const auto matches = [](const char* pattern, const char* schema, const char* table) {
        const auto parsed = TablePattern::parse(pattern);
        REQUIRE(parsed);
        return parsed->matches(schema, table);
    };
    CHECK(matches("public.*", "public", "account"));
    CHECK_FALSE(matches("public.*", "other", "account"));
    CHECK(matches("!public.cache_*", "public", "cache_"));
    CHECK(matches("*.*_log_*", "a", "my_log_log_1"));
    CHECK_FALSE(matches("*.*_log", "a", "my_log_1"));
    CHECK(matches("Public.Account", "public", "account"));
    CHECK(matches("public.\"Account\"", "public", "Account"));
    CHECK_FALSE(matches("public.\"*\"", "public", "account"));
    CHECK(matches("public.\"a\"\"b.c\"", "public", "a\"b.c"));
    for (const char* text :
         {"", "a", "a.", ".a", "a.b.c", "!", "!!a.b", "a.\"\"", "a.\"b", "a.\"b\"c", "a b.c", "a.1"}) {
        CAPTURE(text);
        CHECK_FALSE(TablePattern::parse(text));
    }
    CHECK(qualified_name("public", "account_1$") == "public.account_1$");
    CHECK(qualified_name("Odd", "a\"b") == "\"Odd\".\"a\"\"b\"");
}

TEST_CASE("table patterns for LIKE") {
    const auto like = TablePattern::parse("Public.cache_*").value().like();
    CHECK(like.schema == "public");
    CHECK(like.table == "cache\\_%");
    const auto quoted = TablePattern::parse("!\"50%\".\"a*\\b\"").value().like();
    CHECK(quoted.schema == "50\\%");
    CHECK(quoted.table == "a*\\\\b");
}
