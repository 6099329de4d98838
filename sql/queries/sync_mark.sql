-- sync: all that is committed here now.
SELECT pg_current_snapshot() AS now;
