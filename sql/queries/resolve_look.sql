-- Resolve, third step, after the locks and as a statement of its own, so that it sees the writes that were waited for: our own
-- side of every key towards :source, by the source's position in our log, which :is_read tells.
WITH history AS (
    SELECT d.tbl, d.nr, d.key, e.id, coalesce(e.ord, e.id) AS ord, e.via, e.action, e.xid,
           ARRAY[coalesce(e.strength, 0), e.version, e.origin, coalesce(e.number, e.id)]::float8[] AS tag,
           :is_read AS is_read,
           max(ARRAY[coalesce(e.ord, e.id), e.id]) FILTER (WHERE e.via = :source) OVER (PARTITION BY d.tbl, d.nr, d.key) AS last_by_source
    FROM pg_temp.decision d
    JOIN replication.events e ON e.tbl = d.tbl AND e.nr = d.nr AND e.key IS NOT DISTINCT FROM d.key
    WHERE NOT d.settled AND d.held IS NULL
), marked AS (
    SELECT h.*, h.via <> :source AND NOT h.is_read
                AND (h.last_by_source IS NULL OR ARRAY[h.ord, h.id] > h.last_by_source)
                AND (a.beyond IS NULL OR h.xid <> ALL (a.beyond)) AS in_side
    FROM history h
    LEFT JOIN pg_temp.their_ahead a ON a.tbl = h.tbl AND a.nr = h.nr AND a.key IS NOT DISTINCT FROM h.key
), side AS (
    SELECT tbl, nr, key, max(tag) FILTER (WHERE in_side) AS ours, bool_or(action = 'I') FILTER (WHERE in_side) AS inserted_here,
           max(ord) AS ord_here, array_agg(id) AS seen
    FROM marked
    GROUP BY tbl, nr, key
)
UPDATE pg_temp.decision d
SET ours = s.ours, inserted_here = s.inserted_here, ord_here = s.ord_here, seen = s.seen
FROM side s
WHERE s.tbl = d.tbl AND s.nr = d.nr AND s.key IS NOT DISTINCT FROM d.key AND NOT d.settled;
-- A TRUNCATE here, or taken from another neighbour, is no part of a side: it would lose to anything. But that it loses to a row of which the source's
-- side tells no insert, so that it was here before, is a conflict.
WITH truncation AS MATERIALIZED (
    SELECT e.tbl, max(ARRAY['-Infinity', e.version, e.origin, coalesce(e.number, e.id)]::float8[]) AS tag
    FROM replication.tables t JOIN replication.events e ON e.tbl = t.id AND e.nr IS NULL
    WHERE e.via <> :source AND NOT (:is_read)
    GROUP BY e.tbl
)
UPDATE pg_temp.decision d SET truncated = t.tag
FROM truncation t
WHERE t.tbl = d.tbl AND d.present AND NOT d.inserted AND NOT d.here AND d.image IS NULL AND d.ours IS NULL AND d.held IS NULL AND NOT d.settled;
-- Where there was no row to lock, our side may tell of one that was inserted since; a row that was held until now has come without a
-- word in the log, and its delete must find it.
SELECT count(*) AS late, EXISTS (SELECT FROM replication.held) AS any_held
FROM pg_temp.decision WHERE NOT settled AND NOT here AND (ours IS NOT NULL OR NOT present);
