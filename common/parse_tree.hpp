#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <string>
#include <string_view>
#include <vector>

/// PostgreSQL's raw parse tree as libpg_query writes it in JSON: a node is {"CreateStmt": {…}}, and a field that has
/// its type's zero is left out. The names are those of PostgreSQL's parsenodes.h.
namespace tromp {

/// One statement of a text.
struct RawStatement {
    std::size_t begin{};  ///< of its bytes in the text; white space and comments around it are among them
    std::size_t end{};
    boost::json::value node;
};

/// Throws Error for what cannot be parsed, and for what is nested too deeply to be read. Precondition: `text` has gone
/// through sql_tokens(), which bounds it.
std::vector<RawStatement> parse_tree(std::string_view text);

/// Throws Error with what the parser says, and where: at that character of the text, from 1; 0 if that is not known.
[[noreturn]] void throw_parse_error(const std::string& message, int character, std::string_view text);

/// A node's name and fields; an empty name for what is none.
struct NamedNode {
    std::string_view name;
    const boost::json::object& fields;
};
NamedNode named_node(const boost::json::value& node);

/// A field, or what a field that was left out stands for.
std::string_view text_of(const boost::json::object& fields, std::string_view key);
bool flag_of(const boost::json::object& fields, std::string_view key);
const boost::json::object& object_of(const boost::json::object& fields, std::string_view key);
const boost::json::array& list_of(const boost::json::object& fields, std::string_view key);

/// The parts of a possibly qualified name, whichever node has it: String, List of them, TypeName, ObjectWithArgs,
/// RangeVar. Empty for other nodes.
std::vector<std::string> name_parts(const boost::json::value& node);
std::vector<std::string> name_parts(const boost::json::array& strings);

}  // namespace tromp
