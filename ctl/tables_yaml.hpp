#pragma once

#include <string>
#include <string_view>

#include "common/config.hpp"

namespace tromp::ctl {

/// What to change in `tables` of the file, so that it says what the database has after the pattern `added`, which means
/// this table, or after the table was removed; empty when it does already.
std::string yaml_after_adding(const Config& config, const std::string& added, std::string_view schema,
                              std::string_view table);
std::string yaml_after_removing(const Config& config, std::string_view schema, std::string_view table);

}  // namespace tromp::ctl
