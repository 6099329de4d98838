-- Recheck: an insert that was committed between our look and our commit may have been read by the source before it could see that we
-- have its delete; it then took the two for a conflict, which here were none. Logging the insert once more, tag kept, now that our
-- position tells of the delete, makes it the later change for everybody.
INSERT INTO replication.events (xid, nr, version, tbl, via, origin, action, strength, number, key)
SELECT pg_current_xact_id(), e.nr, e.version, e.tbl, e.via, e.origin, e.action, e.strength, coalesce(e.number, e.id), e.key
FROM pg_temp.rechecked r
CROSS JOIN LATERAL (SELECT e.*
                    FROM replication.unlocked u
                    JOIN replication.events e ON e.tbl = u.tbl AND e.nr = u.nr AND e.key IS NOT DISTINCT FROM u.key
                    WHERE u.node = :source AND u.tbl = r.tbl AND u.nr = r.nr AND u.key IS NOT DISTINCT FROM r.key
                      AND e.via <> :source AND e.id <> ALL (u.seen)
                    ORDER BY coalesce(e.ord, e.id) DESC, e.id DESC LIMIT 1) e;
DELETE FROM replication.unlocked WHERE node = :source;
SELECT pg_notify('trompd_wake', '');
