#include "tests/system/documents.hpp"

#include "tests/support/catch.hpp"

namespace tromp::test {
namespace {

std::string content(const std::string& column) {
    return "CASE WHEN " + column +
           " IS NULL THEN '-' WHEN NOT EXISTS (SELECT FROM pg_largeobject_metadata m WHERE m.oid = " + column +
           ") THEN 'none' ELSE (SELECT octet_length(c) || ':' || md5(c) FROM lo_get(" + column + ") c) END";
}

}  // namespace

TreeOptions with_documents(const std::string& more_config, const std::string& more_schema) {
    TreeOptions options;
    options.schema =
        "CREATE TABLE document (id bigint PRIMARY KEY, name text UNIQUE, lo oid, preview oid);"
        "CREATE TABLE note (nr bigint PRIMARY KEY, document bigint REFERENCES document);" +
        more_schema;
    options.nodes.extra = "large_objects: {public.document: [lo, preview]}\n" + more_config;
    return options;
}

std::string documents(Node& node) {
    return node.sql().value("SELECT coalesce(string_agg(concat_ws(' ', id, name, " + content("lo") + ", " +
                            content("preview") + "), E'\n' ORDER BY id), '') FROM document");
}

long long objects(Node& node) {
    return node.sql().number("SELECT count(*) FROM pg_largeobject_metadata");
}

void check_documents(Tree& tree) {
    tree.sync_all();
    const auto expected = documents(tree[0]);
    for (const auto& node : tree.nodes()) {
        INFO("at " << node->name() << "\n" << tail(node->log(), 10));
        CHECK(small_diff(expected, documents(*node)).empty());
        CHECK(node->sql().number("SELECT count(*) FROM replication.orphaned_objects()") == 0);
    }
}

std::string bytes(int seed, long long length) {
    // 32 bytes of each number.
    return "(SELECT substr(string_agg(sha256(('" + std::to_string(seed) + " ' || i)::bytea), '' ORDER BY i), 1, " +
           std::to_string(length) + ") FROM generate_series(1, " + std::to_string((length + 31) / 32) + ") i)";
}

std::string text_of(Node& node, int id) {
    return node.sql().value("SELECT convert_from(lo_get(lo), 'UTF8') FROM document WHERE id = " + std::to_string(id));
}

}  // namespace tromp::test
