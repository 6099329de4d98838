#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/config.hpp"
#include "common/yaml_reader.hpp"

/// The readers behind parse_config(), one per kind of value; see common/yaml_reader.hpp.
namespace tromp {

std::optional<Milliseconds> read_duration(const yaml::Value& value);
std::optional<std::uint64_t> read_size(const yaml::Value& value);
std::optional<std::string> read_log_level(const yaml::Value& value);

/// The name of a node. Commands take a name or a number, so a number is no name.
std::optional<std::string> read_node_name(const yaml::Value& value);

/// A libpq connection string or URI. No message repeats a text that could hold a password.
std::optional<std::string> read_conninfo(const yaml::Value& value);

/// As written: `public.*`, `!public.cache_*`.
std::optional<std::string> read_table_pattern(const yaml::Value& value);
/// A name without wildcards, in its one spelling.
std::optional<std::string> read_table_name(const yaml::Value& key);

std::optional<std::string> read_listen(const yaml::Value& value);
std::optional<std::string> read_socket(const yaml::Value& value);

/// The section `conflicts`; node numbers are checked against max_nodes.
std::optional<Conflicts> read_conflicts(const yaml::Value& value, int max_nodes);

}  // namespace tromp
