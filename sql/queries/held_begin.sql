-- Held rows are tried again: one at a time does it. The tables that have some.
BEGIN;
SELECT pg_advisory_xact_lock(1953656685, 4);
SELECT DISTINCT tbl FROM replication.held;
