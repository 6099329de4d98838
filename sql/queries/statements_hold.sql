-- The tables that wait for a statement of :via, also those that are not here yet, and why.
SELECT DISTINCT ON (n.name) n.parts[1] AS schema_name, n.parts[2] AS table_name, s.error
FROM replication.statements s
CROSS JOIN LATERAL (SELECT t AS name, parse_ident(t) AS parts FROM unnest(s.tables) t) n
WHERE s.via = :via AND s.state = 'held'
ORDER BY n.name, s.held_id;
