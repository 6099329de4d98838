-- Forward: deletes for keys without a row here had nothing to lock. What was logged for them by then is looked at again after the
-- commit, see recheck_log.sql.
INSERT INTO replication.unlocked (node, tbl, nr, key, seen)
SELECT :source, d.tbl, d.nr, d.key, coalesce(d.seen, '{}') FROM pg_temp.decision d WHERE d.taken AND NOT d.present AND NOT d.here;
