-- Stale: notes since when each neighbour has read nothing though something waits for it, and returns those that keep the log too long, or too large:
-- longer than :seconds, or more than :bytes of it. What an event takes on disk, with its place in the indexes, is about twice its own size.
WITH waiting AS (
    SELECT n.node, EXISTS (SELECT FROM replication.events e
                           WHERE e.via <> n.node AND (e.xid >= coalesce(pg_snapshot_xmax(n.acknowledged), '0'::xid8)
                                                      OR e.xid = ANY (ARRAY(SELECT pg_snapshot_xip(n.acknowledged))))) AS waits
    FROM replication.nodes n
    WHERE NOT n.is_self AND NOT n.stale
), noted AS (
    UPDATE replication.nodes n
    SET waiting_since = CASE WHEN w.waits AND n.waiting_at IS NOT DISTINCT FROM n.acknowledged::text THEN coalesce(n.waiting_since, clock_timestamp())
                             WHEN w.waits THEN clock_timestamp() END,
        waiting_at = n.acknowledged::text
    FROM waiting w
    WHERE n.node = w.node AND (w.waits <> (n.waiting_since IS NOT NULL) OR n.waiting_at IS DISTINCT FROM n.acknowledged::text)
    RETURNING n.node, n.waiting_since
)
SELECT n.node, n.name, round(extract(epoch FROM clock_timestamp() - n.waiting_since))::bigint AS seconds, s.bytes
FROM replication.nodes n
LEFT JOIN noted USING (node)
CROSS JOIN LATERAL (SELECT CASE WHEN pg_total_relation_size('replication.events') > :bytes
                                THEN (SELECT coalesce(2 * sum(24 + pg_column_size(e)), 0)::bigint FROM replication.events e
                                      WHERE e.via <> n.node AND (n.acknowledged IS NULL OR NOT pg_visible_in_snapshot(e.xid, n.acknowledged)))
                                ELSE 0 END AS bytes) s
WHERE NOT n.is_self AND NOT n.stale AND noted.node IS NULL AND n.waiting_since IS NOT NULL
  AND (n.waiting_since < clock_timestamp() - :seconds * interval '1 second' OR s.bytes > :bytes);
