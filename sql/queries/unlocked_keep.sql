-- Forward: deletes, and rows that are held, for keys without a row here had nothing to lock. What was logged for them by then is looked at again after the
-- commit, see recheck_log.sql.
INSERT INTO replication.unlocked (node, tbl, nr, key, seen)
SELECT :source, d.tbl, d.nr, d.key, coalesce(d.seen, '{}') FROM pg_temp.decision d
WHERE d.taken AND d.held IS NULL AND NOT d.here AND NOT d.swept AND (NOT d.present OR d.refused IS NOT NULL);
