-- The configuration's `conflicts` and `large_objects`, in place of what was here.
DELETE FROM replication.rules;
INSERT INTO replication.rules (schema_name, table_name, resolver, delete_resolver, priority, strength, orphans, large_objects)
SELECT schema_name, table_name, resolver, delete_resolver, priority, strength, orphans,
       ARRAY(SELECT DISTINCT o COLLATE "C" FROM unnest(large_objects) o ORDER BY 1)
FROM jsonb_to_recordset(:'rules') AS r(schema_name text, table_name text, resolver text, delete_resolver text, priority smallint[], strength text, orphans text,
                                       large_objects text[])
