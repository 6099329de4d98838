-- Forward: what was taken is logged for the other neighbours, tags kept, each side's newest event last. Where there was no row
-- to lock, a user's insert may be under way with its id drawn: the event is put before it, right after the newest seen.
INSERT INTO replication.events (xid, nr, version, tbl, via, origin, action, strength, ord, number, key)
SELECT pg_current_xact_id(), e.nr, e.version, e.tbl, :source, e.origin, e.action, nullif(e.strength, 0),
       CASE WHEN NOT d.here AND (NOT d.present OR d.refused IS NOT NULL) THEN coalesce(d.ord_here, 0) END, e.number, e.key
FROM pg_temp.decision d
JOIN pg_temp.incoming_event e ON e.tbl = d.tbl AND e.nr = d.nr AND e.key IS NOT DISTINCT FROM d.key
WHERE d.taken
ORDER BY e.step DESC;
