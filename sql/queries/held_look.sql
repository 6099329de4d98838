-- Held rows, at every look, after the locks and held_superseded.sql: one that still stands is the row that its key has here; and those
-- that are tried again know what was logged for their keys.
DELETE FROM pg_temp.decision d
WHERE d.held IS NOT NULL AND NOT d.settled AND NOT EXISTS (SELECT FROM replication.standing s WHERE s.id = d.held);
UPDATE pg_temp.decision d SET image = s.row
FROM replication.standing s
WHERE s.tbl = d.tbl AND s.nr = d.nr AND s.key = coalesce(d.key, jsonb_build_array(d.nr)) AND NOT d.settled AND d.held IS NULL;
UPDATE pg_temp.decision d
SET seen = ARRAY(SELECT e.id FROM replication.events e
                 WHERE e.tbl = d.tbl AND e.nr = d.nr AND e.key IS NOT DISTINCT FROM d.key)
WHERE d.held IS NOT NULL AND NOT d.settled;
