-- Wake-up session. NOTIFY would make PREPARE TRANSACTION fail, so it is off where there may be any.
LISTEN trompd_capture;
SELECT (SELECT node FROM replication.nodes WHERE is_self) AS node,
       (SELECT value FROM replication.config WHERE key = 'schema_version') AS schema_version,
       pg_is_in_recovery() AS in_recovery,
       current_setting('max_prepared_transactions')::int = 0 AS may_notify,
       setval('replication.armed', 1),
       pg_try_advisory_lock(1953656685, 1) AS alone,
       EXISTS (SELECT FROM pg_locks l JOIN pg_stat_activity a USING (pid) -- not by a neighbour's daemon for its chores: care_end.sql
               WHERE l.locktype = 'advisory' AND l.classid = 1953656685 AND l.objid = 1 AND l.granted
                 AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                 AND a.application_name NOT LIKE 'trompd care %') AS taken;
