-- How much waits for :reader beyond the chunk that the pull under way takes.
SELECT count(*) AS events
FROM replication.events
WHERE via <> :reader AND (xid = ANY (:'xip'::xid8[]) OR xid >= :'xmax'::xid8) AND xid > current_setting('trompd.last')::xid8;
