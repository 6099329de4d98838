-- Pull, on the source, where rows are held there: the image of a held row stands for the row of its key. Two COPYs.
COPY (
SELECT :columns
FROM (SELECT DISTINCT e.nr, e.key
      FROM replication.events e
      WHERE e.tbl = :tbl AND e.via <> :reader AND (e.xid = ANY (:'xip'::xid8[]) OR e.xid >= :'xmax'::xid8)
        AND e.xid <= current_setting('trompd.last')::xid8 :scope :more_keys) k
JOIN :table t ON :join
WHERE NOT EXISTS (SELECT FROM replication.standing h
                  WHERE h.tbl = :tbl AND h.nr = k.nr AND h.key = coalesce(k.key, jsonb_build_array(k.nr)))
) TO STDOUT;
COPY (
SELECT :images
FROM (SELECT DISTINCT e.nr, e.key
      FROM replication.events e
      WHERE e.tbl = :tbl AND e.via <> :reader AND (e.xid = ANY (:'xip'::xid8[]) OR e.xid >= :'xmax'::xid8)
        AND e.xid <= current_setting('trompd.last')::xid8 :scope :more_keys) k
JOIN replication.standing h ON h.tbl = :tbl AND h.nr = k.nr AND h.key = coalesce(k.key, jsonb_build_array(k.nr))
) TO STDOUT;
