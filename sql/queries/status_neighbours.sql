-- What this database alone tells of each neighbour; what waits to be sent is in status_to_send.sql.
-- An acknowledgement counts only at the place where it was given.
SELECT n.node, n.name, n.paused, n.stale, coalesce(pg_snapshot_xmax(a.acknowledged), '0'::xid8) AS read_below,
       ARRAY(SELECT pg_snapshot_xip(a.acknowledged)) AS read_except, n.held,
       to_char(p.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS last_sync,
       (SELECT count(*) FROM replication.conflicts c WHERE c.neighbour = n.node AND c.restored_at IS NULL) AS conflicts,
       (SELECT count(*) FROM replication.held h WHERE h.neighbour = n.node) AS held_rows,
       (SELECT string_agg(h.reason, '; ' ORDER BY h.since) FROM replication.held_tables h WHERE h.node = n.node) AS held_tables
FROM replication.nodes n
CROSS JOIN replication.home l
CROSS JOIN LATERAL (SELECT CASE WHEN l.moved IS NULL THEN n.acknowledged END AS acknowledged) a
LEFT JOIN replication.positions p ON p.node = n.node
WHERE NOT n.is_self
ORDER BY n.node
