-- Names of tables among :'patterns' that there are not.
SELECT p.pattern AS name
FROM replication.patterns p
WHERE p.pattern = ANY (:'patterns'::text[]) AND p.is_name AND NOT p.excludes
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c
                  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                  WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND n.nspname LIKE p.schema_like AND c.relname LIKE p.table_like)
ORDER BY 1
