-- A table is to be replicated no longer: its name goes, and where a wildcard means it, it is excluded.
DELETE FROM replication.patterns p
WHERE p.is_name AND NOT p.excludes AND :'schema' LIKE p.schema_like AND :'table' LIKE p.table_like;
INSERT INTO replication.patterns (pattern, excludes, is_name, schema_like, table_like)
SELECT :'pattern', true, true, :'schema_like', :'table_like'
WHERE replication.is_meant(:'schema', :'table', false)
