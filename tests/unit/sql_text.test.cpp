#include "common/sql_text.hpp"
#include "common/error.hpp"
#include "tests/support/catch.hpp"

#include <stdexcept>

using namespace tromp;

TEST_CASE("placeholders are quoted as psql quotes them") {
    const auto text = render_sql("SELECT :a, :'b', :\"c\" FROM t", "a", "1", "b", "it's", "c", "odd \"name\"");
    CHECK(text == "SELECT 1, 'it''s', \"odd \"\"name\"\"\" FROM t");
}

TEST_CASE("what psql leaves alone is left alone") {
    const char* const text = "SELECT ':a', \":a\", x::int, $$ :a $$ -- :a\n FROM t";
    CHECK(render_sql(text, "a", "1") == text);
}

TEST_CASE("a placeholder without a value is a bug, not an empty text") {
    CHECK_THROWS_AS(render_sql("SELECT :missing", SqlValues{}), std::logic_error);
}

TEST_CASE("a zero byte cannot be smuggled into SQL") {
    CHECK_THROWS_AS(quote_literal(std::string("a\0b", 3)), Error);
    CHECK_THROWS_AS(quote_identifier(std::string("\0", 1)), Error);
}

TEST_CASE("an array of texts holds any text") {
    CHECK(array_text(std::vector<std::string>{}) == "{}");
    CHECK(array_text(std::vector<int>{}) == "{}");
    CHECK(array_text(std::vector<int>{7}) == "{7}");
    CHECK(array_text(std::vector<int>{3, -1, 20}) == "{3,-1,20}");
    CHECK(array_text({"a", "", "b,{\"c\\"}) == R"({"a","","b,{\"c\\"})");
}
