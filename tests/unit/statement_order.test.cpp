#include "daemon/statement_order.hpp"
#include "tests/support/catch.hpp"

using tromp::may_go_first;

TEST_CASE("a statement goes before one that waits for rows, unless it may take away what that is about") {
    const std::vector<std::string> tables = {"public.item"};
    const std::string not_null = "ALTER TABLE item ALTER total SET NOT NULL";
    CHECK(may_go_first("ALTER TABLE item RENAME v TO name", not_null, tables));
    CHECK(may_go_first("ALTER TABLE public.item DROP COLUMN v", not_null, tables));
    CHECK(may_go_first("CREATE UNIQUE INDEX item_total ON item (total)", not_null, tables));
    CHECK(may_go_first("ALTER TABLE item ADD CHECK (total > 0)", not_null, tables));
    CHECK_FALSE(may_go_first("ALTER TABLE item ALTER Total DROP NOT NULL", not_null, tables));
    CHECK_FALSE(may_go_first("ALTER TABLE item RENAME total TO sum", not_null, tables));
    CHECK_FALSE(may_go_first("ALTER TABLE item DROP /* it */ total", not_null, tables));
    CHECK(may_go_first("ALTER TABLE item DROP \"Total\"", not_null, tables));
    CHECK_FALSE(may_go_first("DROP INDEX item_total", "CREATE UNIQUE INDEX item_total ON item (total)", tables));
    CHECK_FALSE(may_go_first("ALTER TABLE item DROP v 'open", not_null, tables));
}
