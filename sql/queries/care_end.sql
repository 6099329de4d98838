SELECT pg_advisory_unlock(1953656685, 1);
