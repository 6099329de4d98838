-- The tables that `large_objects` of the configuration names; is one not there yet, but will be captured when somebody makes it?
SELECT r.schema_name, r.table_name,
       replication.is_meant(r.schema_name::name, r.table_name::name, false)
           AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                           WHERE c.relname = r.table_name AND n.nspname = r.schema_name) AS is_awaited
FROM replication.rules r
WHERE r.large_objects <> '{}'
ORDER BY 1, 2
