-- sync: is there anything committed by :'mark' that :neighbour has not acknowledged?
SELECT EXISTS (SELECT
               FROM replication.nodes n, replication.events e
               WHERE n.node = :neighbour AND NOT n.is_self AND e.via <> n.node
                 AND pg_visible_in_snapshot(e.xid, :'mark'::pg_snapshot)
                 AND (n.acknowledged IS NULL OR (SELECT moved FROM replication.home) IS NOT NULL
                      OR NOT pg_visible_in_snapshot(e.xid, n.acknowledged) OR e.tbl = ANY (n.held))) AS unsent,
       NOT EXISTS (SELECT FROM replication.nodes n WHERE n.node = :neighbour AND NOT n.is_self) AS removed;
