-- verify, at either end: whose database it is, and what it has read of the log of :other.
SELECT (SELECT node FROM replication.nodes WHERE is_self) AS node,
       (SELECT value FROM replication.config WHERE key = 'schema_version') AS schema_version,
       (SELECT moved FROM replication.home) AS moved, pg_is_in_recovery() AS in_recovery,
       (SELECT snapshot FROM replication.positions WHERE node = :other) AS position,
       (SELECT coalesce(jsonb_object_agg(tbl, snapshot::text), '{}') FROM replication.held_tables WHERE node = :other) AS held_tables,
       (SELECT count(*) FROM replication.nodes WHERE NOT is_self AND node <> :other) AS others;
