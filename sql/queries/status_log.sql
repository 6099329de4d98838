-- How much the log holds.
SELECT (SELECT count(*) FROM replication.events) AS events,
       pg_total_relation_size('replication.events') AS bytes
