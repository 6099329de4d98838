-- Resolve, after the look: a TRUNCATE here, or taken from another neighbour, is no part of a side: it would lose to anything. But that it loses to a row of which the source's
-- side tells no insert, so that it was here before, is a conflict.
WITH truncation AS MATERIALIZED (
    SELECT e.tbl, max(ARRAY['-Infinity', e.version, e.origin, coalesce(e.number, e.id)]::float8[]) AS tag
    FROM replication.tables t JOIN replication.events e ON e.tbl = t.id AND e.nr IS NULL
    WHERE e.via <> :source AND NOT (:is_read)
    GROUP BY e.tbl
)
UPDATE pg_temp.decision d SET truncated = t.tag
FROM truncation t
WHERE t.tbl = d.tbl AND d.present AND (NOT d.inserted OR d.alike IS NOT NULL) AND NOT d.here AND d.image IS NULL AND d.ours IS NULL AND d.held IS NULL AND NOT d.settled;
