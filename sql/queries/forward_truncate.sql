-- Forward: the TRUNCATEs, also where there was nothing to delete. What was spared needs no word: a row that is here is spared by the next one, too.
INSERT INTO replication.events (xid, nr, version, tbl, via, origin, action, strength, number)
SELECT pg_current_xact_id(), NULL, c.version, c.tbl, :source, c.origin, 'T', '-Infinity', c.number
FROM pg_temp.incoming_truncate c;
