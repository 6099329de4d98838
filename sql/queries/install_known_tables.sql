SELECT id, schema_name, table_name FROM replication.tables ORDER BY schema_name, table_name
