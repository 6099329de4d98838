-- Hold a table of :source: from here on it has a position of its own, which is the link's as it is now.
INSERT INTO replication.held_tables AS h (node, tbl, schema_name, table_name, snapshot, reason)
SELECT node, :tbl, :'schema', :'table', snapshot, :'reason' FROM replication.positions WHERE node = :source
ON CONFLICT (node, tbl) DO UPDATE
SET schema_name = excluded.schema_name, table_name = excluded.table_name, reason = excluded.reason
WHERE (h.schema_name, h.table_name, h.reason) IS DISTINCT FROM (excluded.schema_name, excluded.table_name, excluded.reason);
