-- Held rows whose key was written here since are superseded: they lost. Those about which an earlier round of the batch decided it keeps or
-- lets go itself (held_settle.sql).
WITH superseded AS (
    DELETE FROM replication.held h
    WHERE NOT EXISTS (SELECT FROM replication.standing s WHERE s.id = h.id)
      AND NOT EXISTS (SELECT FROM pg_temp.decision d
                      WHERE d.settled AND d.tbl = h.tbl AND d.nr = h.nr AND coalesce(d.key, jsonb_build_array(d.nr)) = h.key)
    RETURNING h.*
)
INSERT INTO replication.conflicts (type, schema_name, table_name, key, winner_origin, winner_version, loser_origin, loser_version,
                                   loser_row, resolver, neighbour)
SELECT CASE WHEN e.action = 'D' THEN 'update_deleted' ELSE 'update_origin_differs' END, h.schema_name, h.table_name, h.key,
       e.origin, e.version, h.tag[3]::smallint, h.tag[2]::bigint, replication.image_of_texts(h.row), t.resolver, h.neighbour
FROM superseded h
JOIN replication.tables t ON t.id = h.tbl
CROSS JOIN LATERAL (SELECT * FROM replication.events e
                    WHERE e.tbl = h.tbl AND e.nr = h.nr AND coalesce(e.key, jsonb_build_array(e.nr)) = h.key
                      AND e.via = (SELECT node FROM replication.nodes WHERE is_self)
                    ORDER BY coalesce(e.ord, e.id) DESC, e.id DESC LIMIT 1) e;
