-- Hold: what was held and is a row now, or was superseded by the batch, is held no more; what was refused again was tried once more.
DELETE FROM replication.held h USING pg_temp.decision d
WHERE h.tbl = d.tbl AND h.nr = d.nr AND h.key = coalesce(d.key, jsonb_build_array(d.nr))
  AND CASE WHEN d.held IS NULL THEN d.taken ELSE d.refused IS NULL END;
UPDATE replication.held h SET tries = h.tries + 1, error = d.refused FROM pg_temp.decision d WHERE d.held = h.id AND d.refused IS NOT NULL;
