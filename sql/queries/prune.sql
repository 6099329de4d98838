-- Prune: an event may go when every neighbour but the one it came from has acknowledged it, and no earlier event of its key
-- remains, and its key is not held (which TRUNCATEs supersede, too). Acknowledgements are those of applied pulls,
-- and of the transactions of this place. Rows are deleted, never truncated: a pull's snapshot must still see them.
WITH reader AS MATERIALIZED (
    SELECT node, acknowledged, held FROM replication.nodes WHERE NOT is_self AND NOT stale
), at_home AS MATERIALIZED (
    SELECT FROM replication.home WHERE moved IS NULL
), done AS MATERIALIZED (
    SELECT e.ctid AS place, e.tbl, e.nr, e.key, coalesce(e.ord, e.id) AS ord, e.id
    FROM replication.events e
    WHERE e.xid < coalesce((SELECT max(pg_snapshot_xmax(acknowledged)) FROM reader), CASE WHEN EXISTS (SELECT FROM reader) THEN '1'::xid8 ELSE '9223372036854775807'::xid8 END)
      AND NOT EXISTS (SELECT FROM reader r WHERE r.node <> e.via
                      AND (r.acknowledged IS NULL OR NOT pg_visible_in_snapshot(e.xid, r.acknowledged) OR e.tbl = ANY (r.held)))
      AND NOT EXISTS (SELECT FROM replication.held h
                      WHERE h.tbl = e.tbl AND (e.nr IS NULL OR (h.nr = e.nr AND h.key = coalesce(e.key, jsonb_build_array(e.nr)))))
)
DELETE FROM replication.events e
USING done d
WHERE e.ctid = d.place AND EXISTS (SELECT FROM at_home)
  AND NOT EXISTS (SELECT FROM replication.events b
                  WHERE b.tbl = d.tbl AND b.nr = d.nr AND b.key IS NOT DISTINCT FROM d.key
                    AND (coalesce(b.ord, b.id), b.id) < (d.ord, d.id)
                    AND EXISTS (SELECT FROM reader r WHERE r.node <> b.via
                                AND (r.acknowledged IS NULL OR NOT pg_visible_in_snapshot(b.xid, r.acknowledged) OR b.tbl = ANY (r.held))));
