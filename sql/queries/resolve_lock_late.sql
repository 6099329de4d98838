-- Resolve, after a look at keys whose row was not there to lock: a user, or the retry of a held row, may have inserted it between the
-- locks and the look. Where it is to be deleted, nothing else would notice. From the look on no retry can: see resolve_lock_absent.sql.
WITH t AS MATERIALIZED (
    SELECT :t_keys FROM :table t JOIN pg_temp.decision d ON :match
    WHERE d.tbl = :tbl AND NOT d.settled AND NOT d.here AND (d.ours IS NOT NULL OR NOT d.present)
    ORDER BY :t_keys FOR UPDATE OF t
)
UPDATE pg_temp.decision d SET here = true FROM t WHERE d.tbl = :tbl AND :match;
