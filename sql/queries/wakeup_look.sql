-- Wake-up, in the own database: has anything been committed here since the snapshot given as :'xip' and :'xmax'? What came from
-- neighbours was announced by the transaction that applied it.
SELECT pg_current_snapshot() AS now,
       pg_snapshot_xmin(pg_current_snapshot()) AS xmin,
       EXISTS (SELECT FROM replication.events
               WHERE via = :self AND (xid = ANY (:'xip'::xid8[]) OR xid >= :'xmax'::xid8)) AS news;
