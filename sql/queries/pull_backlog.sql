-- How much waits for :reader beyond the chunk that the pull under way takes.
SELECT count(*) AS events
FROM replication.events e
WHERE e.via <> :reader AND (e.xid = ANY (:'xip'::xid8[]) OR e.xid >= :'xmax'::xid8) AND e.xid > current_setting('trompd.last')::xid8 :scope;
