-- Held rows are tried again: one at a time does it.
BEGIN;
SELECT pg_advisory_xact_lock(1953656685, 4);
