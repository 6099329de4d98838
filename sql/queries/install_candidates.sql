-- The tables that are to be replicated, of those that :'patterns' mean, and why they cannot be captured.
SELECT m.relation, m.schema_name, m.table_name, replication.capture_refusal(m.relation) AS refusal,
       EXISTS (SELECT FROM pg_catalog.pg_trigger g WHERE g.tgrelid = m.relation AND g.tgname = 'trompd_insert') AS has_triggers
FROM replication.meant_tables() m
WHERE EXISTS (SELECT FROM replication.patterns p
              WHERE p.pattern = ANY (:'patterns'::text[]) AND NOT p.excludes AND m.schema_name LIKE p.schema_like AND m.table_name LIKE p.table_like)
ORDER BY m.schema_name, m.table_name
