-- Compact, while a neighbour is away: an event may go when a later one of its key is at least as strong. So the log is bounded by
-- the rows touched, however long the absence. For a TRUNCATE any later one does that came by the same way, so that it has the same readers.
WITH event AS (
    SELECT ctid AS place, tbl, nr, key, coalesce(ord, id) AS ord, id, CASE WHEN nr IS NULL THEN via END AS way,
           CASE WHEN nr IS NULL THEN '{}' ELSE ARRAY[coalesce(strength, 0), version, origin, coalesce(number, id)]::float8[] END AS tag
    FROM replication.events
), ranked AS (
    SELECT place, tag, max(tag) OVER (PARTITION BY tbl, nr, key, way ORDER BY ord DESC, id DESC
                                      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS strongest_later
    FROM event
)
DELETE FROM replication.events e USING ranked r WHERE e.ctid = r.place AND r.tag <= r.strongest_later;
