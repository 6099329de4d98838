-- The tables that have conflicts, or may have.
SELECT schema_name, table_name, format('%I.%I', schema_name, table_name) AS name FROM replication.conflicts
UNION
SELECT schema_name, table_name, format('%I.%I', schema_name, table_name) FROM replication.tables
