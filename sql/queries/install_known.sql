-- What an earlier init left. A node number of 0: none.
SELECT (SELECT value FROM replication.config WHERE key = 'schema_version')::integer AS schema_version,
       coalesce((SELECT value FROM replication.config WHERE key = 'max_nodes')::integer, 0) AS max_nodes,
       coalesce((SELECT node FROM replication.nodes WHERE is_self), 0) AS node,
       coalesce((SELECT name FROM replication.nodes WHERE is_self), '') AS name
