#pragma once

#include <boost/json/value.hpp>

#include <string>

namespace tromp {

/// JSON for people and scripts, indented by two spaces, without a newline at the end. Numbers look as a person would
/// write them (0.0, not 0E0), rounded to microseconds; objects whose members are all plain stay on one line.
std::string json_text(const boost::json::value& value);

}  // namespace tromp
