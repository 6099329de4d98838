#pragma once

#include "common/connection.hpp"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace tromp {

struct Column {
    std::string name;
    std::string type;            ///< as format_type() prints it
    std::string unlimited_type;  ///< without length and precision
    bool fixed = false;          ///< GENERATED ALWAYS AS IDENTITY: cannot be updated
    bool local = false;          ///< what it accepts is up to this database: an enum, a domain, regclass, …
    bool large_object = false;   ///< refers to a large object of its node
    bool optional = false;       ///< a row may come without it: it has a default, or can be null
    std::string filler;          ///< SQL of that default; empty: null
};

/// SQL that reads the text `expression`, which another database printed, as a value of the column's type. Of a local
/// type it fails where the value is not accepted or too long; other types are the same at both ends.
std::string input_sql(const Column& column, const std::string& expression);

/// A replicated table as one node has it.
struct ReplicatedTable {
    int id = 0;            ///< that node's number for the table; its events carry it
    std::string relation;  ///< oid
    std::string schema;
    std::string name;
    std::vector<std::string> key;
    bool integer_key = false;     ///< the key travels as `nr`
    bool deferrable_key = false;  ///< its uniqueness is not checked under session_replication_role = replica
    bool deferrable = false;      ///< that of its key, or of other columns, is not
    std::string resolution;  ///< resolver, delete resolver, priorities, strength and the rule for orphans: the same at
                             ///< both ends
    bool inherits = false;   ///< it takes part in table inheritance
    std::vector<Column> columns;              ///< without generated ones, in the table's order
    std::vector<std::string> large_objects;   ///< those of them that refer to large objects, sorted
    std::vector<std::string> generated;       ///< these
    std::vector<std::string> unique_columns;  ///< those beside the key whose values may be in another row's way
    std::string shape;                        ///< changes with the columns
    std::string defect;                       ///< why its rows cannot be read at all, and what to do; mostly empty

    std::string display_name() const { return schema + "." + name; }
    /// Quoted, schema-qualified.
    std::string quoted_name() const;
    /// SQL that is true where the row `row` has the key of `key`, a row with columns nr and key.
    std::string key_match(std::string_view row, std::string_view key) const;
    /// The key columns of `row`, quoted and separated by commas; without a prefix where `row` is empty.
    std::string key_list(std::string_view row) const;
    bool is_key(std::string_view column) const;
    /// Beside its key it has columns that cannot be updated: a row with other values is made anew.
    bool has_fixed_columns() const;
};

using TableMap = std::map<int, ReplicatedTable>;  ///< by id

/// Reads the replicated tables of the node behind `connection`.
pg::asio::awaitable<TableMap> read_tables(pg::Connection& connection);

/// What a change needs to get from one node's table into another's.
struct TablePair {
    TablePair(ReplicatedTable source_table, ReplicatedTable target_table);
    ReplicatedTable source;
    ReplicatedTable target;
    std::set<std::string, std::less<>> lacking;  ///< columns that only one end has
    bool loses_columns = false;                  ///< some of them the source
    std::string columns() const;                 ///< the target's, quoted, in its order
    std::string shared_columns() const;          ///< those of them that travel: the source has them too
    bool shares(std::string_view column) const { return !lacking.contains(column); }
};

/// A table of the source whose changes cannot be applied at the target, and none may be skipped.
struct Misfit {
    int id = 0;  ///< the source's
    std::string schema;
    std::string name;
    std::string reason;  ///< how it differs, and what to do
};

/// The tables of one node beside those of another.
struct TableFit {
    std::map<int, TablePair> pairs;    ///< by the source's ids
    std::vector<Misfit> misfits;       ///< the others, in the order of their ids
    std::vector<int> numbers() const;  ///< of both
};

/// The tables of `source` beside those of `target`. A column that only one end has does no harm where the other end's
/// rows can do without it, and its values are not lost on the way to others: `passes_on` tells that the target has
/// other neighbours.
TableFit fit_tables(const TableMap& source, const TableMap& target, const std::string& source_name, bool passes_on);

}  // namespace tromp
