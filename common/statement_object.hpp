#pragma once

#include <string_view>

namespace tromp::statement {

/// Kinds of objects that statements name, after PostgreSQL's ObjectType.
struct ObjectKind {
    /// What a name of this kind says about tables.
    enum class Names {
        table,      ///< the name is a table's, or that of what ALTER TABLE takes as well
        of_table,   ///< its last part is the object's, the others are the table's: a trigger, a column
        schema,     ///< it has one part, a schema's
        other,      ///< a name in a schema, or one without a schema
        each_nodes  ///< an object of the server, or of this node only: no statement about it is replicated
    };
    std::string_view type;   ///< "OBJECT_TABCONSTRAINT"
    std::string_view words;  ///< "CONSTRAINT"
    Names names;
    std::string_view altered;  ///< what ALTER is said of when such a part is renamed ("TABLE"); empty: itself
};

/// Throws Error for one that this program does not know.
const ObjectKind& object_kind(std::string_view type);

}  // namespace tromp::statement
