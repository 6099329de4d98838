-- One init at a time; the daemon that may run beside it holds lock 1. Gives up soon rather than to keep users waiting.
SET LOCAL lock_timeout = '3s';
-- What init does to the schema, every node does by itself.
SET LOCAL trompd.own_work = 'on';
SELECT pg_advisory_xact_lock(1953656685, 2)
