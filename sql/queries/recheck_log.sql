-- Recheck: a change that was committed between our look and our commit may have been read by the source before it could see that we
-- have its delete; it then took the two for a conflict, which here were none. Logging such changes once more, now that our position tells of
-- the delete, makes them the later ones for everybody: the newest, and those that are stronger than all later ones, since a side is as strong as
-- its strongest. Their place is right behind the newest, so that users may go on writing. They keep their tags, for the other end may weigh either of the
-- two: were they of different strength, both ends could keep their own. The price: a change that was made upon the first may meet the second as a
-- conflict, and lose to it; it is kept as any loser is.
WITH unseen AS (
    SELECT e.*, coalesce(e.ord, e.id) AS place, ARRAY[coalesce(e.strength, 0), e.version, e.origin, coalesce(e.number, e.id)]::float8[] AS tag
    FROM replication.unlocked u
    JOIN replication.events e ON e.tbl = u.tbl AND e.nr = u.nr AND e.key IS NOT DISTINCT FROM u.key
    WHERE u.node = :source AND e.via <> :source AND e.id <> ALL (u.seen)
), stairs AS (
    SELECT *, max(place) OVER (PARTITION BY tbl, nr, key) AS newest,
           max(tag) OVER (PARTITION BY tbl, nr, key ORDER BY place DESC, id DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS later
    FROM unseen
), again AS (
    INSERT INTO replication.events (xid, nr, version, tbl, via, origin, action, strength, ord, number, key)
    SELECT pg_current_xact_id(), nr, version, tbl, via, origin, action, strength, newest, coalesce(number, id), key
    FROM stairs
    WHERE later IS NULL OR tag > later
    ORDER BY place, id
    RETURNING 1
)
SELECT pg_notify('trompd_wake', '') WHERE EXISTS (SELECT FROM again);
DELETE FROM replication.unlocked WHERE node = :source;
