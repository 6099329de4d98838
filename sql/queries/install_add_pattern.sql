-- One pattern more. Those that exclude a table which it means go; where others include all that it means, it is not needed.
DELETE FROM replication.patterns x
USING pg_catalog.pg_class c, pg_catalog.pg_namespace n
WHERE n.oid = c.relnamespace AND c.relkind IN ('r', 'p') AND x.excludes
  AND n.nspname LIKE x.schema_like AND c.relname LIKE x.table_like
  AND n.nspname LIKE :'schema_like' AND c.relname LIKE :'table_like';
INSERT INTO replication.patterns (pattern, excludes, is_name, schema_like, table_like)
VALUES (:'pattern', false, :is_name, :'schema_like', :'table_like')
ON CONFLICT (pattern) DO NOTHING
