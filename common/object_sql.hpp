#pragma once

#include <string>

namespace tromp {

/// Parts of queries that read a large object, the same at both ends; `object` and `block` are SQL.

/// Its length.
std::string bytes_sql(const std::string& object);

/// What a block of it contains.
std::string content_sql(const std::string& object, const std::string& block);

/// Its blocks with their checksums.
std::string blocks_sql(const std::string& object);

/// What stands for the content of the large object that `column` of the row `t` refers to.
std::string object_digest(const std::string& column);

}  // namespace tromp
