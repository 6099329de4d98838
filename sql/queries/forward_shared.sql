-- Forward, where events were in both sides of a key and our row stays, or its absence: the source's events, as known to it, and once more, behind them, what only
-- we have. Else these events would count as read at one end, and as new at the other. Where both sides were the same, and only the rows differed,
-- the other end is told which one it is: by an update that nobody made, and that is weaker than any other. What has no row here to lock goes right
-- behind the newest seen (see forward.sql) and is looked at once more after the commit.
WITH again AS (
    SELECT d.tbl, d.nr, d.key, d.here, d.ord_here, 1 AS part, ARRAY[-e.step, 0]::bigint[] AS place, :source AS via, e.action, e.strength, e.version, e.origin, e.number
    FROM pg_temp.decision d
    JOIN pg_temp.incoming_event e ON e.tbl = d.tbl AND e.nr = d.nr AND e.key IS NOT DISTINCT FROM d.key
    WHERE d.shared AND NOT d.taken
    UNION ALL
    SELECT o.tbl, o.nr, o.key, o.here, o.ord_here, 2, o.place, o.via, o.action, o.tag[1], o.version, o.origin, o.number
    FROM (SELECT s.*, max(s.tag) OVER (PARTITION BY s.tbl, s.nr, s.key ORDER BY s.place DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS strongest_later
          FROM (SELECT d.tbl, d.nr, d.key, d.here, d.ord_here, ARRAY[coalesce(e.ord, e.id), e.id] AS place, e.via, e.action, e.version, e.origin,
                       coalesce(e.number, e.id) AS number, ARRAY[coalesce(e.strength, 0), e.version, e.origin, coalesce(e.number, e.id)]::float8[] AS tag
                FROM pg_temp.decision d
                JOIN replication.events e ON e.tbl = d.tbl AND e.nr = d.nr AND e.id = ANY (d.side) AND ARRAY[coalesce(e.ord, e.id), e.id] > d.behind
                WHERE d.shared AND NOT d.taken) s) o
    WHERE o.strongest_later IS NULL OR o.tag > o.strongest_later
    UNION ALL
    SELECT d.tbl, d.nr, d.key, d.here OR (d.taken AND d.refused IS NULL), d.ord_here, 3, NULL, n.node, 'U', '-1.7976931348623157e308', replication.next_version(), n.node, NULL
    FROM pg_temp.decision d JOIN replication.nodes n ON n.is_self
    WHERE d.shared AND d.alike <> 'same'
), logged AS (
    INSERT INTO replication.events (xid, nr, version, tbl, via, origin, action, strength, ord, number, key)
    SELECT pg_current_xact_id(), nr, version, tbl, via, origin, action, nullif(strength, 0), CASE WHEN NOT here THEN coalesce(ord_here, 0) END, number, key
    FROM again
    ORDER BY part, place
    RETURNING id, tbl, nr, key
)
INSERT INTO replication.unlocked (node, tbl, nr, key, seen)
SELECT :source, d.tbl, d.nr, d.key, d.seen || array_agg(l.id)
FROM pg_temp.decision d
JOIN logged l ON l.tbl = d.tbl AND l.nr = d.nr AND l.key IS NOT DISTINCT FROM d.key
WHERE d.shared AND NOT d.taken AND NOT d.here
GROUP BY d.tbl, d.nr, d.key, d.seen;
