// replication.statements_of(): where a statement ends, and what its words are.

#include <random>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/node.hpp"

using namespace tromp::test;

namespace {

struct Lexer {
    Cluster cluster;
    Node node{cluster, 2, "work"};
    Database& sql = node.sql();

    Lexer() { node.init_ok(); }

    std::string literal(const std::string& text) { return "$_lexer_$" + text + "$_lexer_$"; }
    std::vector<std::string> statements(const std::string& script, const std::string& standard_strings = "true") {
        std::vector<std::string> result;
        for (const auto& row : sql.rows("SELECT statement FROM replication.statements_of(" + literal(script) + ", " +
                                        standard_strings + ")"))
            result.push_back(row[0].value());
        return result;
    }
    std::string words(const std::string& script) {
        return sql.value("SELECT array_to_string(words, ' ') FROM replication.statements_of(" + literal(script) +
                         ", true)");
    }
};

using List = std::vector<std::string>;

}  // namespace

TEST_CASE("a script is taken apart where its statements end, and nowhere else") {
    Lexer lexer;
    CHECK(lexer.statements("") == List{});
    CHECK(lexer.statements(" ; ;; -- a;\n /* b; /* c; */ ; */ ") == List{});
    CHECK(lexer.statements("SELECT 1;SELECT 2") == List{"SELECT 1", "SELECT 2"});
    CHECK(lexer.statements("-- first\nSELECT /* ; */ 1 -- ;\n + 2 -- last\n;") == List{"SELECT /* ; */ 1 -- ;\n + 2"});
    CHECK(lexer.statements("SELECT 1 -- no end") == List{"SELECT 1"});
    CHECK(lexer.statements("SELECT 'a;''b;', \"c;\"\"d;\", U&'e;', x'f;'; S") ==
          List{"SELECT 'a;''b;', \"c;\"\"d;\", U&'e;', x'f;'", "S"});
    CHECK(lexer.statements(R"(SELECT E'\';', e'\\'; S)") == List{R"(SELECT E'\';', e'\\')", "S"});
    CHECK(lexer.statements(R"(SELECT E'a''\';'; S)") == List{R"(SELECT E'a''\';')", "S"});
    CHECK(lexer.statements("SELECT E'a' -- goes on\n '\\';'; S") == List{"SELECT E'a' -- goes on\n '\\';'", "S"});
    CHECK(lexer.statements("SELECT E'a', '\\'; S") == List{"SELECT E'a', '\\'", "S"});
    CHECK(lexer.statements(R"(SELECT '\'; S)") == List{R"(SELECT '\')", "S"});
    CHECK(lexer.statements(R"(SELECT '\'; S')", "false") == List{R"(SELECT '\'; S')"});
    CHECK(lexer.statements("SELECT $$;'$$, $a$ $$;$b$ $a$, $_b1$;$_b1$; S") ==
          List{"SELECT $$;'$$, $a$ $$;$b$ $a$, $_b1$;$_b1$", "S"});
    CHECK(lexer.statements("SELECT $a$ x$a$, $$ $a$b$$; S") == List{"SELECT $a$ x$a$, $$ $a$b$$", "S"});
    CHECK(lexer.statements("SELECT a$b$c; SELECT $1; SELECT d$$ FROM e$$; S") ==
          List{"SELECT a$b$c", "SELECT $1", "SELECT d$$ FROM e$$", "S"});
    CHECK(lexer.statements("SELECT 4/-2, 5/**/*3, 1--\n; S") == List{"SELECT 4/-2, 5/**/*3, 1", "S"});
    CHECK(lexer.statements("SELECT 1 /*/ ; */; S") == List{"SELECT 1", "S"});
    CHECK(lexer.statements("CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT (2)); S") ==
          List{"CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT (2))", "S"});
    CHECK(
        lexer.statements(
            "CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT "
            "2; END; BEGIN; END; S") ==
        List{"CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END",
             "BEGIN", "END", "S"});
    CHECK(lexer.statements("SELECT 'ä;', \"ü;\"; CREATE TABLE öß (ñ int) -- é\n; 語;") ==
          List{"SELECT 'ä;', \"ü;\"", "CREATE TABLE öß (ñ int)", "語"});
    CHECK(lexer.statements("SELECT 'no end; ") == List{"SELECT 'no end; "});
}

TEST_CASE("the words of a statement are what stands outside of its parentheses, as the catalogue spells it") {
    Lexer lexer;
    CHECK(lexer.words("ALTER Table /* x */ App.\"Odd \"\"Name\" ADD column B int DEFAULT f(1, (2)), DROP c$D$ -- y") ==
          "alter table app . \"Odd \"\"Name\" add column b int default f () , drop c$d$");
    CHECK(lexer.words("CREATE FUNCTION f() RETURNS text AS $x$ a $x$ LANGUAGE 'sql' COST 1.5") ==
          "create function f () returns text as '' language '' cost 1 . 5");
    CHECK(lexer.words("COMMENT ON TABLE ÄÖ IS E'a''b' 'c'") == "comment on table ÄÖ is '' ''");
}

TEST_CASE("statements survive being put into one script, whatever they are made of") {
    Lexer lexer;
    const std::vector<std::string> parts{
        "a",       "Select", "E'\\';'", "';'''", "\";\"", "$$;'$$", "$t$;$$;$t$", "/* ; /*'*/ */",
        "-- ;'\n", "(;)",    "1",       "/",     "*",     "-",      "$1",         "ä"};
    std::mt19937 random(7);
    for (int round = 0; round < 50; ++round) {
        List wanted;
        std::string script;
        for (int count = 0; count < 6; ++count) {
            std::string statement = "x";
            for (unsigned length = random() % 8; length > 0; --length)
                statement += " " + parts[random() % parts.size()];
            statement += " z";
            script += "/* ; */ " + statement + " -- ;\n;";
            wanted.push_back(statement);
        }
        INFO(script);
        REQUIRE(lexer.statements(script) == wanted);
    }
}
