-- Pull, on the source: the sides of the chunk's keys towards :reader, as staircases.
-- A side is the key's events by any way but the reader, later than the last that came by it, and not read yet
-- (what the reader took ahead it leaves out itself, stage_known.sql); events beyond the chunk too, because the row is current. Of a side only
-- the steps travel: events stronger than all later ones, and those that were put into an earlier place (forward.sql, recheck_log.sql), since the
-- reader may have taken ahead what comes behind them. step 1 is the newest. An update in a side that holds an insert travels as insert: the row was made there.
COPY (
WITH keys AS (
    SELECT DISTINCT e.tbl, e.nr, e.key
    FROM replication.events e
    WHERE e.tbl <> 0 AND e.via <> :reader AND (e.xid = ANY (:'xip'::xid8[]) OR e.xid >= :'xmax'::xid8) AND e.xid <= current_setting('trompd.last')::xid8 :scope
), history AS (
    SELECT e.tbl, e.nr, e.key, e.action, e.via, e.id, coalesce(e.ord, e.id) AS ord, e.ord IS NOT NULL AS put_earlier, e.xid,
           coalesce(e.strength, 0) AS strength, e.version, e.origin, coalesce(e.number, e.id) AS number,
           pg_visible_in_snapshot(e.xid, :'position'::pg_snapshot) AS is_read,
           first_value(e.via) OVER newest_first AS newest_via,
           max(ARRAY[coalesce(e.ord, e.id), e.id]) FILTER (WHERE e.via = :reader) OVER whole_key AS last_by_reader,
           array_agg(e.xid) FILTER (WHERE NOT (e.xid <= current_setting('trompd.last')::xid8 :scope)
                                    AND NOT pg_visible_in_snapshot(e.xid, :'position'::pg_snapshot)) OVER whole_key AS beyond
    FROM keys k
    JOIN replication.events e ON e.tbl = k.tbl AND e.nr = k.nr AND e.key IS NOT DISTINCT FROM k.key
    WINDOW whole_key AS (PARTITION BY e.tbl, e.nr, e.key),
           newest_first AS (PARTITION BY e.tbl, e.nr, e.key ORDER BY coalesce(e.ord, e.id) DESC, e.id DESC)
), side AS (
    SELECT h.*, ARRAY[h.strength, h.version, h.origin, h.number]::float8[] AS tag,
           bool_or(h.action = 'I') OVER (PARTITION BY h.tbl, h.nr, h.key) AS inserted
    FROM history h
    WHERE h.via <> :reader AND NOT h.is_read AND h.newest_via <> :reader
      AND (h.last_by_reader IS NULL OR ARRAY[h.ord, h.id] > h.last_by_reader)
), steps AS (
    SELECT s.*, max(s.tag) OVER (PARTITION BY s.tbl, s.nr, s.key ORDER BY s.ord DESC, s.id DESC
                                 ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS strongest_later
    FROM side s
)
SELECT tbl, CASE WHEN key IS NULL THEN nr END, key,
       row_number() OVER (PARTITION BY tbl, nr, key ORDER BY ord DESC, id DESC) AS step,
       CASE WHEN action = 'U' AND inserted THEN 'I' ELSE action END, strength, version, origin, number, xid, beyond
FROM steps
WHERE strongest_later IS NULL OR tag > strongest_later OR put_earlier
) TO STDOUT;
