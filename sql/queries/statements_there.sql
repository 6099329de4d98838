-- The statements in the source's log.
SELECT coalesce(jsonb_agg(e.key ORDER BY e.id), '[]') AS statements FROM replication.events e WHERE e.tbl = 0 AND e.via <> :reader;
