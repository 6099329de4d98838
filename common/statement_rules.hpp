#pragma once

#include <boost/json/object.hpp>

#include "common/statement_reading.hpp"

/// What is read from statements about tables and what hangs on them, by their fields in the parse tree.
namespace tromp::statement {

void create_table(const boost::json::object& fields, Reading& reading);
void alter_table(const boost::json::object& fields, Reading& reading);
void create_index(const boost::json::object& fields, Reading& reading);
void create_trigger(const boost::json::object& fields, Reading& reading);
void create_rule(const boost::json::object& fields, Reading& reading);
void create_policy(const boost::json::object& fields, Reading& reading);
void alter_policy(const boost::json::object& fields, Reading& reading);
void create_statistics(const boost::json::object& fields, Reading& reading);

}  // namespace tromp::statement
