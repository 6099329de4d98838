-- The configuration's `conflicts`, in place of what was here.
DELETE FROM replication.rules;
INSERT INTO replication.rules (schema_name, table_name, resolver, delete_resolver, priority, strength, orphans)
SELECT schema_name, table_name, resolver, delete_resolver, priority, strength, orphans
FROM jsonb_to_recordset(:'rules') AS r(schema_name text, table_name text, resolver text, delete_resolver text, priority smallint[], strength text, orphans text)
