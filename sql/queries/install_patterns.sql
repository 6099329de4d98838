-- The configuration's `tables`, in place of what was here.
DELETE FROM replication.patterns;
INSERT INTO replication.patterns (pattern, excludes, is_name, schema_like, table_like)
SELECT DISTINCT ON (pattern) pattern, excludes, is_name, schema_like, table_like
FROM jsonb_to_recordset(:'patterns') AS p(pattern text, excludes boolean, is_name boolean, schema_like text, table_like text)
