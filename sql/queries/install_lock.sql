-- One init at a time; everybody gives up soon rather than to keep users waiting.
SET LOCAL lock_timeout = '3s';
SELECT pg_advisory_xact_lock(1953656685, 1)
