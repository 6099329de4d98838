-- Advance: the position, what was taken ahead of it, and the clock. The tables of the batch, :tables, were read up to :'read'. acknowledge.sql may follow.
DELETE FROM replication.ahead a USING pg_temp.decision d
WHERE a.node = :source AND d.beyond IS NOT NULL AND d.tbl = a.tbl AND d.nr = a.nr AND d.key IS NOT DISTINCT FROM a.key;
DELETE FROM replication.ahead a
WHERE a.node = :source AND NOT EXISTS (SELECT FROM unnest(a.beyond) x WHERE NOT pg_visible_in_snapshot(x, :'read'::pg_snapshot)) :tables;
INSERT INTO replication.ahead (node, tbl, nr, key, beyond)
SELECT :source, d.tbl, d.nr, d.key, d.beyond FROM pg_temp.decision d WHERE d.beyond IS NOT NULL;
SELECT replication.advance_clock(max(version))
FROM (SELECT version FROM pg_temp.incoming_event UNION ALL SELECT version FROM pg_temp.incoming_truncate) e
HAVING max(version) IS NOT NULL;
UPDATE replication.positions
SET snapshot = :'position', updated_at = clock_timestamp(), last_event = greatest(last_event, :last_event), mark = :'mark',
    newest = CASE WHEN newest IS NOT NULL THEN greatest(newest, :newest) END
WHERE node = :source;
SELECT pg_notify('trompd_wake', '');
