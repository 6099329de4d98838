#pragma once

#include <string>

#include "tests/support/catch.hpp"
#include "tests/support/node.hpp"

namespace tromp::test {

/// A node whose schemas public and app are replicated, but for the tables cache_…, and schema local is not.
/// Initialised.
struct CapturedNode {
    Cluster cluster;
    Node node{cluster, 2, "work", options()};
    Database& sql = node.sql();

    CapturedNode() {
        sql.exec("CREATE SCHEMA local");
        node.init_ok();
    }

    static NodeOptions options() {
        NodeOptions result;
        result.tables = "['public.*', 'app.*', '!public.cache_*']";
        result.ddl = "{capture: true}";
        return result;
    }

    /// What the log has since the last time, in its order: "CREATE TABLE …; [public.item]" for a statement and what it
    /// concerns, as taken_events() for a row; a line each. Fails unless each statement agrees with its event.
    std::string taken() {
        const auto text = sql.value(
            "SELECT coalesce(string_agg(CASE action WHEN 'S' THEN format('%s; [%s]', s.statement, "
            "array_to_string(s.tables, ' ')) ELSE action || key::text END, E'\n' ORDER BY l.id), '') "
            "FROM replication.log l LEFT JOIN replication.statements s ON jsonb_build_array(s.origin, s.number) = "
            "l.key "
            "AND l.action = 'S' AND s.version = l.version AND s.origin = l.origin AND s.via = l.via AND s.number = "
            "l.id "
            "AND s.state = 'done'");
        CHECK(sql.number("SELECT count(*) FROM replication.statements WHERE (origin, number) NOT IN (SELECT origin, id "
                         "FROM replication.log WHERE action = 'S')") == 0);
        sql.exec("DELETE FROM replication.events; DELETE FROM replication.statements");
        return text;
    }

    /// What it says to a statement that it refuses, which leaves nothing; empty where it takes it.
    std::string refusal(const std::string& statement) {
        try {
            sql.exec(statement);
        } catch (const SqlError& error) {
            CHECK(error.sqlstate == "0A000");
            CHECK(sql.number("SELECT count(*) FROM replication.statements") == 0);
            CHECK(sql.number("SELECT count(*) FROM replication.events") == 0);
            return error.what();
        }
        return "";
    }
};

}  // namespace tromp::test
