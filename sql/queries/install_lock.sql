-- One init at a time, beside a running daemon (which holds lock 1); everybody gives up soon rather than to keep users waiting.
SET LOCAL lock_timeout = '3s';
SELECT pg_advisory_xact_lock(1953656685, 2)
