file(GLOB_RECURSE FILES ${ROOT}/*.sql)
list(SORT FILES)
set(declarations "")
set(definitions "")
set(migrations "")
foreach(file IN LISTS FILES)
  file(READ ${file} text)
  get_filename_component(name ${file} NAME_WE)
  file(RELATIVE_PATH path ${ROOT} ${file})
  set(literal "R\"__sql__(${text})__sql__\"")
  if(path MATCHES "^migrations/")
    string(APPEND migrations "    {\"${name}\", ${literal}},\n")
  else()
    string(APPEND declarations "extern const std::string_view ${name};\n")
    string(APPEND definitions "const std::string_view ${name} = ${literal};\n\n")
  endif()
endforeach()
set(banner "// Generated from sql/; see cmake/EmbedSql.cmake.\n")
file(WRITE ${OUT}/embedded.hpp "${banner}#pragma once
#include <span>
#include <string_view>

namespace tromp::sql {
struct Migration {
    std::string_view name;
    std::string_view text;
};
/// In the order in which they are applied; the schema's version is how many have been.
std::span<const Migration> migrations();
${declarations}}  // namespace tromp::sql
")
file(WRITE ${OUT}/embedded.cpp "${banner}#include <sql/embedded.hpp>

namespace tromp::sql {
namespace {
constexpr Migration all_migrations[] = {
${migrations}};
}  // namespace

std::span<const Migration> migrations() { return all_migrations; }

${definitions}}  // namespace tromp::sql
")
