-- The tables here about which there are statements in our log that :source has not read.
SELECT DISTINCT t.id AS tbl
FROM replication.nodes n
JOIN replication.events e ON e.tbl = 0 AND e.via <> n.node
                         AND NOT coalesce(pg_visible_in_snapshot(e.xid, n.acknowledged), false)
JOIN replication.statements s ON s.origin = (e.key ->> 0)::smallint AND s.number = (e.key ->> 1)::bigint
JOIN replication.tables t ON format('%I.%I', t.schema_name, t.table_name) = ANY (s.tables)
WHERE n.node = :source;
