SELECT greatest(c.reltuples, 0)::bigint AS estimate,
       (SELECT count(*) FROM (SELECT FROM replication.events LIMIT :most) e) AS counted
FROM pg_class c WHERE c.oid = 'replication.events'::regclass;
