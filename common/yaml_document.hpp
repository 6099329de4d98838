#pragma once

#include <yaml-cpp/yaml.h>

#include <optional>
#include <string>

#include "common/diagnostics.hpp"

namespace tromp::yaml {

/// The one document of a YAML text. Nothing, and a diagnostic, when there is none, more than one, or a syntax error;
/// tabs in the indentation, which YAML forbids, are named as such, each of them.
std::optional<YAML::Node> load(const std::string& text, Diagnostics& diagnostics);

}  // namespace tromp::yaml
