-- The same, telling which keys are done.
WITH t AS (
    INSERT INTO :table (:columns) OVERRIDING SYSTEM VALUE
    SELECT :columns_staged
    FROM pg_temp.decision d JOIN :stage r ON :match_staged
    WHERE d.tbl = :tbl AND NOT d.settled AND d.taken AND NOT d.here :on_conflict
    RETURNING :keys
)
UPDATE pg_temp.decision d SET settled = true FROM t WHERE d.tbl = :tbl AND :match;
