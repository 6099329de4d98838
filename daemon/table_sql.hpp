#pragma once

#include "common/sql_text.hpp"
#include "daemon/replicated_table.hpp"

namespace tromp {

/// Names the target's temporary table for the rows of `table`.
std::string stage_name(const ReplicatedTable& table);

/// The pieces of SQL that depend on a table's columns, for the placeholders of sql/queries/apply_*.sql and held_*.sql.
/// `t` is the table, `r` its stage, `d` pg_temp.decision.
SqlValues table_sql(const TablePair& pair);

}  // namespace tromp
