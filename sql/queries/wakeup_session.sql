-- Wake-up session. NOTIFY would make PREPARE TRANSACTION fail, so it is off where there may be any.
LISTEN trompd_capture;
SELECT (SELECT node FROM replication.nodes WHERE is_self) AS node,
       (SELECT value FROM replication.config WHERE key = 'schema_version') AS schema_version,
       pg_is_in_recovery() AS in_recovery,
       current_setting('max_prepared_transactions')::int = 0 AS may_notify,
       setval('replication.armed', 1),
       pg_try_advisory_lock(1953656685, 1) AS alone;
