-- The replicated tables here that wait for a statement of :via, and why.
SELECT DISTINCT ON (t.id) t.schema_name, t.table_name, s.error
FROM replication.statements s
JOIN replication.tables t ON format('%I.%I', t.schema_name, t.table_name) = ANY (s.tables)
WHERE s.via = :via AND s.state = 'held'
ORDER BY t.id, s.held_id;
