-- verify, at either end: the rows of :'keys', an array of [nr] or [null, key], as they are at one instant; `version` is another one after any write. A key is moving
-- while the end has something of it, of its whole table, or of the schema that :other has not read; and while it is not known what came of a delete.
-- One statement, READ COMMITTED: so it has its snapshot after its locks, and does not take a table that was rewritten for an empty one.
WITH k AS MATERIALIZED (
    SELECT x.i, coalesce((x.entry ->> 0)::bigint, jsonb_hash_extended(x.entry -> 1, 0)) AS nr, x.entry -> 1 AS key
    FROM jsonb_array_elements(:'keys'::jsonb) WITH ORDINALITY x(entry, i)
)
SELECT r.hash, r.version,
       EXISTS (SELECT FROM replication.events e
               WHERE (e.tbl = 0 OR (e.tbl = :tbl AND e.nr IS NULL)) AND e.via <> :other AND NOT (:is_read))
       OR EXISTS (SELECT FROM replication.events e
                  WHERE e.tbl = :tbl AND e.nr = k.nr AND e.key IS NOT DISTINCT FROM k.key AND e.via <> :other AND NOT (:is_read))
       OR EXISTS (SELECT FROM replication.unlocked u WHERE u.tbl = :tbl AND u.nr = k.nr AND u.key IS NOT DISTINCT FROM k.key) AS moving,
       EXISTS (SELECT FROM replication.standing h
               WHERE h.tbl = :tbl AND h.nr = k.nr AND h.key = coalesce(k.key, jsonb_build_array(k.nr))) AS held
FROM k
LEFT JOIN LATERAL (SELECT :hash AS hash, t.xmin AS version FROM :table t WHERE :match) r ON true
ORDER BY k.i;
