-- Recheck: a change that was committed between our look and our commit may have been read by the source before it could see that we
-- have its delete; it then took the two for a conflict, which here were none. Logging the newest such change once more, now that our
-- position tells of the delete, makes it the later one for everybody. Its place is right behind itself, so that users may go on
-- writing. It keeps its tag, for the other end may weigh the first of the two: were they of different strength, both ends could keep their
-- own. The price: a change that was made upon the first may meet the second as a conflict, and lose to it; it is kept as any loser is.
WITH again AS (
    INSERT INTO replication.events (xid, nr, version, tbl, via, origin, action, strength, ord, number, key)
    SELECT pg_current_xact_id(), e.nr, e.version, e.tbl, e.via, e.origin, e.action, e.strength, coalesce(e.ord, e.id), coalesce(e.number, e.id), e.key
    FROM replication.unlocked u
    CROSS JOIN LATERAL (SELECT e.*
                        FROM replication.events e
                        WHERE e.tbl = u.tbl AND e.nr = u.nr AND e.key IS NOT DISTINCT FROM u.key
                          AND e.via <> :source AND e.id <> ALL (u.seen)
                        ORDER BY coalesce(e.ord, e.id) DESC, e.id DESC LIMIT 1) e
    WHERE u.node = :source
    RETURNING 1
)
SELECT pg_notify('trompd_wake', '') WHERE EXISTS (SELECT FROM again);
DELETE FROM replication.unlocked WHERE node = :source;
