#pragma once

#include <string>

#include "tests/support/tree.hpp"

/// What the tests of large objects share: a table `document` with two of them in a row.
namespace tromp::test {

/// Columns `lo` and `preview` of table document (id, name, lo, preview); a child table `note` refers to it.
TreeOptions with_documents(const std::string& more_config = "", const std::string& more_schema = "");

/// Name, length and checksum of every document, a line each; `none` where the object is missing, `-` where the column
/// is null.
std::string documents(Node& node);

/// How many large objects there are at the node.
long long objects(Node& node);

/// The documents are equal at all nodes, and no large object is without a row.
void check_documents(Tree& tree);

/// SQL for bytes that do not compress, a megabyte or a part of it each.
std::string bytes(int seed, long long length);

/// The content of a document's `lo` as text.
std::string text_of(Node& node, int id);

}  // namespace tromp::test
