#include "common/missing_grant.hpp"

#include "tests/support/catch.hpp"

using tromp::missing_grant;
using tromp::test::contains;

TEST_CASE("the missing right is named as the GRANT that gives it") {
    const auto check = [](const char* message, const char* grant) {
        CHECK_THAT(missing_grant(message, "Rita"), contains(grant) && contains("trompctl grants"));
    };
    check("permission denied for table item", "GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE item TO \"Rita\"");
    check("permission denied for schema replication", "GRANT USAGE ON SCHEMA replication TO \"Rita\"");
    check("permission denied for database work", "GRANT CREATE, CONNECT ON DATABASE work TO \"Rita\"");
    check("permission denied for sequence event_id", "GRANT USAGE, SELECT, UPDATE ON SEQUENCE event_id TO \"Rita\"");
    check("permission denied for function node", "GRANT EXECUTE ON FUNCTION node TO \"Rita\"");
    check("permission denied to set parameter \"session_replication_role\"",
          "GRANT SET ON PARAMETER \"session_replication_role\" TO \"Rita\"");
    check("permission denied to create temporary tables in database \"work\"",
          "GRANT TEMPORARY ON DATABASE \"work\" TO \"Rita\"");
    check("something that nobody foresaw", "role \"Rita\" lacks a right");
}

TEST_CASE("who only reads is to be given no more than SELECT") {
    const auto advice = missing_grant("permission denied for table item", "Rita", true);
    CHECK_THAT(advice, contains("GRANT SELECT ON TABLE item TO \"Rita\""));
    CHECK_THAT(advice, !contains("UPDATE"));
    CHECK_THAT(missing_grant("permission denied for schema replication", "Rita", true),
               contains("GRANT USAGE ON SCHEMA"));
}
