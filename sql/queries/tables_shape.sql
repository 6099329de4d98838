-- What two nodes must have in common, as facts to compare. Facts without a table are of the node itself.
SELECT '' AS schema_name, '' AS table_name, 'max_nodes' AS fact, c.value
FROM replication.config c WHERE c.key = 'max_nodes'
UNION ALL
SELECT '', '', 'node', n.node::text FROM replication.nodes n WHERE n.is_self
UNION ALL
SELECT t.schema_name, t.table_name, f.fact, f.value
FROM replication.tables t
CROSS JOIN LATERAL (
    SELECT 'key', array_to_string(t.key_columns, ', ')
    UNION ALL SELECT 'resolver', t.resolver
    UNION ALL SELECT 'delete_resolver', t.delete_resolver
    UNION ALL SELECT 'priority', array_to_string(t.priority, ', ')
    UNION ALL SELECT 'strength', coalesce(t.strength, '')
    UNION ALL SELECT 'large_objects', array_to_string(t.large_objects, ', ')
    UNION ALL
    SELECT 'column ' || quote_ident(a.attname),
           format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
               || CASE WHEN a.attgenerated <> '' THEN ' generated' ELSE '' END
    FROM pg_catalog.pg_attribute a
    WHERE a.attrelid = t.relation AND a.attnum > 0 AND NOT a.attisdropped) f(fact, value)
