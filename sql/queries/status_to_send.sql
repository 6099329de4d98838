-- The events that a neighbour is not known to have read: it has read what is below a transaction id, save those that were in
-- progress, and save the tables that it holds. Constants, so that the planner knows how few rows there mostly are, and takes the index on xid.
SELECT count(*) AS events,
       coalesce(greatest(extract(epoch FROM clock_timestamp()) - min(e.version) / 1000000.0, 0), 0)::float8 AS seconds
FROM replication.events e
WHERE e.via <> :node AND (e.xid >= :'read_below' OR e.xid = ANY (:'read_except') OR e.tbl = ANY (:'held'))
