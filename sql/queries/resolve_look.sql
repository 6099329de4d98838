-- Resolve, third step, after the locks and as a statement of its own, so that it sees the writes that were waited for: our own
-- side of every key towards :source, by the source's position in our log, which :is_read tells. Where events may be in both sides, resolve_shared.sql
-- goes on; mostly the two strongest tags tell that there are none.
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
           max(ord) AS ord_here, array_agg(id) AS seen, array_agg(id) FILTER (WHERE in_side) AS side
    FROM marked
    GROUP BY tbl, nr, key
)
UPDATE pg_temp.decision d
SET ours = s.ours, inserted_here = s.inserted_here, ord_here = s.ord_here, seen = s.seen, side = s.side,
    shared = CASE WHEN s.ours IS NULL THEN false
                  WHEN s.ours = d.theirs OR d.steps > 1 THEN true
                  WHEN d.theirs > s.ours OR cardinality(s.side) = 1 THEN false
                  ELSE EXISTS (SELECT FROM replication.events e
                               WHERE e.tbl = d.tbl AND e.nr = d.nr AND e.id = ANY (s.side)
                                 AND ARRAY[coalesce(e.strength, 0), e.version, e.origin, coalesce(e.number, e.id)]::float8[] = d.theirs) END,
    behind = NULL, rest = NULL, alike = NULL
FROM side s
WHERE s.tbl = d.tbl AND s.nr = d.nr AND s.key IS NOT DISTINCT FROM d.key AND NOT d.settled;
