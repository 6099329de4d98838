SELECT format('%I.%I', t.schema_name, t.table_name) AS table_name, array_to_string(t.key_columns, ', ') AS key, t.resolver,
       t.delete_resolver, nullif(array_to_string(t.priority, ', '), '') AS priority, nullif(array_to_string(t.large_objects, ', '), '') AS large_objects, row_to_json(t) AS json
FROM (SELECT schema_name, table_name, key_columns, resolver, delete_resolver, priority, strength, large_objects FROM replication.tables) t
ORDER BY t.schema_name, t.table_name
