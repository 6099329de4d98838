-- Compact, while a neighbour is away: an event may go when a later one of its key is at least as strong. So the log is bounded by
-- the rows touched, however long the absence.
WITH ranked AS (
    SELECT ctid AS place, ARRAY[coalesce(strength, 0), version, origin, coalesce(number, id)]::float8[] AS tag,
           max(ARRAY[coalesce(strength, 0), version, origin, coalesce(number, id)]::float8[])
               OVER (PARTITION BY tbl, nr, key ORDER BY coalesce(ord, id) DESC, id DESC
                     ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS strongest_later
    FROM replication.events
)
DELETE FROM replication.events e USING ranked r WHERE e.ctid = r.place AND r.tag <= r.strongest_later;
