#pragma once

#include <boost/json/value.hpp>

#include <string>
#include <vector>

#include "common/statement.hpp"

namespace tromp::statement {

/// What the parse tree of one statement says.
struct Reading {
    std::string kind;
    bool alone{};
    std::vector<TableName> tables;  ///< in the order of the text; a table may be there twice
};

/// Throws Error for what is not allowed, see refusal.
Reading read_statement(const boost::json::value& node);

}  // namespace tromp::statement
