#pragma once

#include "common/replicated_table.hpp"
#include "common/sql_text.hpp"

namespace tromp {

/// Names the target's temporary table for the rows of `table`. What a column may refuse is text in it: so the row
/// arrives, and can be held if it cannot be applied. Its key columns always have their types.
std::string stage_name(const ReplicatedTable& table);

/// Names the target's temporary table for the keys of `table` that a TRUNCATE must not delete.
std::string spared_name(const ReplicatedTable& table);

/// The pieces of SQL that depend on a table's columns, for the placeholders of sql/queries/apply_*.sql and held_*.sql.
/// `t` is the table, `r` its stage, `d` pg_temp.decision.
SqlValues table_sql(const TablePair& pair);

/// `relations`, `shapes` and `names`: what the ends of a link agreed on, to see whether tables are so still.
SqlValues as_agreed(const std::vector<const ReplicatedTable*>& tables);

}  // namespace tromp
