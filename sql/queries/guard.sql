-- A pull never keeps a user waiting behind it: ends pulls that have blocked others for some time (a stalled COPY, then an ALTER
-- TABLE, then every INSERT). The reader connects again and takes the batch anew.
SELECT pull.pid, pg_terminate_backend(pull.pid) AS ended
FROM pg_stat_activity waiting
CROSS JOIN LATERAL unnest(pg_blocking_pids(waiting.pid)) AS blocker(pid)
JOIN pg_stat_activity pull ON pull.pid = blocker.pid
WHERE waiting.datname = current_database() AND waiting.wait_event_type = 'Lock'
  AND pull.application_name LIKE 'trompd pull %'
  AND pull.xact_start < clock_timestamp() - interval '2 seconds';
