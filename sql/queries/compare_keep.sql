-- Comparison: a row that stays here, or its absence, is news for all neighbours. Where there was no row to lock, it goes before an insert that is under way,
-- and the key is looked at once more after the commit (recheck_log.sql).
WITH kept AS (
    INSERT INTO replication.events (xid, nr, version, tbl, via, origin, action, strength, ord, key)
    SELECT pg_current_xact_id(), d.nr, d.theirs[2]::bigint, d.tbl, replication.node(), replication.node(),
           CASE WHEN d.here OR d.image IS NOT NULL THEN 'U' ELSE 'D' END::"char", '-1.7976931348623157e308', CASE WHEN NOT d.here THEN coalesce(d.ord_here, 0) END, d.key
    FROM pg_temp.decision d
    WHERE d.found AND d.stays AND NOT d.equal AND d.ours IS NULL
    RETURNING id, tbl, nr, key
)
INSERT INTO replication.unlocked (node, tbl, nr, key, seen)
SELECT :source, d.tbl, d.nr, d.key, coalesce(d.seen, '{}') || k.id
FROM kept k JOIN pg_temp.decision d ON d.tbl = k.tbl AND d.nr = k.nr AND d.key IS NOT DISTINCT FROM k.key
WHERE NOT d.here AND d.held IS NULL;
