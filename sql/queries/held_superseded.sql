-- Held rows whose key was written here since, or whose table was emptied here, are superseded: they lost. Those about which an earlier round
-- of the batch decided it keeps or lets go itself (held_settle.sql).
SELECT replication.held_lost(s.ids)
FROM (SELECT array_agg(h.id) AS ids FROM replication.held h
      WHERE NOT EXISTS (SELECT FROM replication.standing s WHERE s.id = h.id)
        AND NOT EXISTS (SELECT FROM pg_temp.decision d
                        WHERE d.settled AND d.tbl = h.tbl AND d.nr = h.nr AND coalesce(d.key, jsonb_build_array(d.nr)) = h.key)) s
WHERE s.ids IS NOT NULL;
