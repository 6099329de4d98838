-- Captured tables that were renamed keep their number, so that their events still mean them.
UPDATE replication.tables t SET schema_name = n.nspname, table_name = c.relname
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid = t.relation AND (n.nspname, c.relname) IS DISTINCT FROM (t.schema_name, t.table_name)
