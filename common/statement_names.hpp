#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "common/statement_object.hpp"
#include "common/statement_reading.hpp"

/// How names get from the parse tree into a reading. All throw Error for a name that no statement may make, change or
/// drop: in schema replication, or temporary.
namespace tromp::statement {

namespace json = boost::json;
using Names = ObjectKind::Names;

void check_schema(std::string_view schema, std::string_view kind);

/// A trigger's own name, which must not be one of those that capture.
void check_trigger(std::string_view trigger, std::string_view kind);

/// A name of one part, or qualified.
void add_named(Reading& reading, std::vector<std::string> parts, Names names);
void add_named(Reading& reading, const json::array& nodes, Names names);

/// The fields of a RangeVar, for fields that are nothing else; none when they are empty. Returns its name.
TableName add_relation(Reading& reading, const json::object& relation, Names names);

/// The tables that a column or constraint, of CREATE TABLE or ALTER TABLE, refers to.
void add_element(Reading& reading, const json::value& element);

/// Options of a sequence must leave alone which numbers it hands out.
void refuse_numbers(const json::array& options, std::string_view kind);

}  // namespace tromp::statement
