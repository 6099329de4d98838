-- Forward: where another neighbour is still to compare the table with ours, the deletes of rows of which no event tells; see replication.capture.
INSERT INTO replication.events (xid, nr, version, tbl, via, origin, action, strength, number, key)
SELECT pg_current_xact_id(), d.nr, c.version, d.tbl, :source, c.origin, 'D', '-Infinity', c.number, d.key
FROM pg_temp.incoming_truncate c
JOIN pg_temp.decision d ON d.tbl = c.tbl AND d.swept AND d.taken AND (d.here OR d.image IS NOT NULL)
WHERE NOT replication.all_compared(:source::smallint)
  AND NOT EXISTS (SELECT FROM replication.events e WHERE e.tbl = d.tbl AND e.nr = d.nr AND e.key IS NOT DISTINCT FROM d.key);
-- Forward: the TRUNCATEs, also where there was nothing to delete. What was spared needs no word: a row that is here is spared by the next one, too.
INSERT INTO replication.events (xid, nr, version, tbl, via, origin, action, strength, number)
SELECT pg_current_xact_id(), NULL, c.version, c.tbl, :source, c.origin, 'T', '-Infinity', c.number
FROM pg_temp.incoming_truncate c;
