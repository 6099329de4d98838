-- Pull, on the source: the rows of the chunk's keys in one table, as they are in the batch's snapshot.
COPY (
SELECT :columns
FROM (SELECT DISTINCT nr, key
      FROM replication.events
      WHERE tbl = :tbl AND via <> :reader AND (xid = ANY (:'xip'::xid8[]) OR xid >= :'xmax'::xid8)
        AND xid <= current_setting('trompd.last')::xid8) k
JOIN :table t ON :join
) TO STDOUT;
