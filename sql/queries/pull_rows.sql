-- Pull, on the source: the rows of the chunk's keys in one table, as they are in the batch's snapshot; and of :more_keys, which a comparison found.
COPY (
SELECT :columns
FROM (SELECT DISTINCT e.nr, e.key
      FROM replication.events e
      WHERE e.tbl = :tbl AND e.via <> :reader AND (e.xid = ANY (:'xip'::xid8[]) OR e.xid >= :'xmax'::xid8)
        AND e.xid <= current_setting('trompd.last')::xid8 :scope :more_keys) k
JOIN :table t ON :join
) TO STDOUT;
