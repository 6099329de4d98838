-- What neighbours must have in common.
SELECT (SELECT value FROM replication.config WHERE key = 'schema_version') AS schema_version,
       (SELECT value FROM replication.config WHERE key = 'max_nodes') AS max_nodes,
       (SELECT count(*) FROM replication.nodes WHERE NOT is_self) AS neighbours;
