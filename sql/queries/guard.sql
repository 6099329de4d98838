-- A pull never keeps a user waiting behind it: ends pulls that have blocked others for some time (a stalled COPY, then an ALTER
-- TABLE, then every INSERT). The reader connects again and takes the batch anew. Who waits is asked of pg_locks, which
-- hides nothing from a role without rights.
SELECT pull.pid, pg_terminate_backend(pull.pid) AS ended
FROM (SELECT DISTINCT blocker.pid
      FROM pg_locks waiting
      CROSS JOIN LATERAL unnest(pg_blocking_pids(waiting.pid)) AS blocker(pid)
      WHERE NOT waiting.granted) AS blocking
JOIN pg_stat_activity pull USING (pid)
WHERE pull.datname = current_database()
  AND pull.application_name LIKE 'trompd pull %'
  AND pull.xact_start < clock_timestamp() - interval '2 seconds';
