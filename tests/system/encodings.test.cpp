#include "tests/support/catch.hpp"
#include "tests/support/wait_until.hpp"
#include "tests/system/ask.hpp"
#include "tests/system/verify.hpp"

using namespace tromp::test;
using namespace std::chrono_literals;

/// Databases whose encodings differ: what goes between them is UTF-8.
namespace {

const char* const schema = "CREATE TABLE item (nr int PRIMARY KEY, name text)";
const char* const names = "SELECT string_agg(nr || name, ' ' ORDER BY nr) FROM item";

/// Sessions that type in UTF-8, as the terminals of today do.
struct Encodings : TwoTables {
    explicit Encodings(const std::string& encoding_of_b)
        : TwoTables(schema, schema, "ENCODING '" + encoding_of_b + "' LC_COLLATE 'C' LC_CTYPE 'C'") {
        for (auto* const node : {&a, &b}) {
            node->sql().exec("SET client_encoding = 'UTF8'");
            behind_its_back(*node, "INSERT INTO item VALUES (1, 'grün')");
        }
    }

    void flow() {
        for (auto* const node : {&a, &b})
            node->start();
        sync();
        a.sql().exec("INSERT INTO item VALUES (2, 'Öl'); UPDATE item SET name = 'grüner' WHERE nr = 1");
        b.sql().exec("INSERT INTO item VALUES (3, 'Æ')");
        REQUIRE(b.ctl({"ddl", "ALTER TABLE item ADD note text DEFAULT 'größer'"}).exit_code == 0);
        sync();
        for (auto* const node : {&a, &b}) {
            INFO(node->name());
            CHECK(node->sql().value(names) == "1grüner 2Öl 3Æ");
            CHECK(node->sql().value("SELECT note FROM item WHERE nr = 3") == "größer");
        }
    }

    void sync() {
        for (auto* const node : {&a, &b}) {
            const auto output = node->sync();
            INFO(output.err << node->log());
            REQUIRE(output.exit_code == 0);
        }
    }
};

}  // namespace

TEST_CASE("databases in UTF-8 and in Latin 1 flow, and only a letter that one of them lacks is waited for") {
    Encodings nodes("LATIN1");
    nodes.flow();
    // One that only one of them has stops the link with words, until the row is without it.
    nodes.a.sql().exec("INSERT INTO item VALUES (4, '10 €')");
    const auto error = wait_error(nodes.b, nodes.a, "has no equivalent in encoding \"LATIN1\"");
    CHECK_THAT(error, contains("change that value at the other end"));
    CHECK(nodes.b.state(nodes.a) == "failed");
    nodes.a.sql().exec("UPDATE item SET name = '10 EUR' WHERE nr = 4");
    nodes.sync();
    CHECK(nodes.b.sql().value("SELECT name FROM item WHERE nr = 4") == "10 EUR");
    verify(nodes.a, 0);
}

TEST_CASE("a database without an encoding flows with one in UTF-8 as long as its texts are UTF-8") {
    Encodings nodes("SQL_ASCII");
    nodes.flow();
}
