-- Pull, on the source, where the chunk holds a TRUNCATE of the table: what its reader must not delete for it. Two COPYs: the keys of the rows that
-- are here; and, by the log, those without a row whose sides reach beyond the chunk, with these transactions: they come with a later chunk,
-- but for those that the reader took ahead. Held rows count as rows here.
COPY (SELECT :keys FROM :table t) TO STDOUT;
COPY (
WITH keys AS (
    SELECT DISTINCT e.nr, e.key
    FROM replication.events e
    WHERE e.tbl = :tbl AND e.nr IS NOT NULL AND e.via <> :reader AND (e.xid = ANY (:'xip'::xid8[]) OR e.xid >= :'xmax'::xid8)
      AND NOT (e.xid <= current_setting('trompd.last')::xid8 :scope)
), history AS (
    SELECT e.nr, e.key, e.via, e.xid, ARRAY[coalesce(e.ord, e.id), e.id] AS place,
           pg_visible_in_snapshot(e.xid, :'position'::pg_snapshot) AS is_read,
           NOT (e.xid <= current_setting('trompd.last')::xid8 :scope) AS is_beyond,
           first_value(e.via) OVER newest_first AS newest_via,
           max(ARRAY[coalesce(e.ord, e.id), e.id]) FILTER (WHERE e.via = :reader) OVER whole_key AS last_by_reader
    FROM keys k
    JOIN replication.events e ON e.tbl = :tbl AND e.nr = k.nr AND e.key IS NOT DISTINCT FROM k.key
    WINDOW whole_key AS (PARTITION BY e.nr, e.key),
           newest_first AS (PARTITION BY e.nr, e.key ORDER BY coalesce(e.ord, e.id) DESC, e.id DESC)
)
SELECT :tbl, CASE WHEN key IS NULL THEN nr END, key, array_agg(xid)
FROM history
WHERE via <> :reader AND NOT is_read AND newest_via <> :reader AND (last_by_reader IS NULL OR place > last_by_reader)
  AND is_beyond
GROUP BY nr, key
UNION ALL
SELECT :tbl, :held_nr, :held_key, NULL FROM replication.standing h WHERE h.tbl = :tbl
) TO STDOUT;
