-- Resolve, second step: lock the rows of the keys here, in key order. What will be deleted is locked FOR UPDATE, the rest
-- only FOR NO KEY UPDATE, which lets users go on inserting rows that refer to it.
WITH t AS MATERIALIZED (
    SELECT :t_keys FROM :table t JOIN pg_temp.decision d ON :match
    WHERE d.tbl = :tbl AND NOT d.settled AND d.present
    ORDER BY :t_keys FOR NO KEY UPDATE OF t
)
UPDATE pg_temp.decision d SET here = true FROM t WHERE d.tbl = :tbl AND :match;
WITH t AS MATERIALIZED (
    SELECT :t_keys FROM :table t JOIN pg_temp.decision d ON :match
    WHERE d.tbl = :tbl AND NOT d.settled AND NOT d.present
    ORDER BY :t_keys FOR UPDATE OF t
)
UPDATE pg_temp.decision d SET here = true FROM t WHERE d.tbl = :tbl AND :match;
