-- The statements of :via that were not run here yet, in their order.
SELECT origin, number, version, statement, role, settings, alone, tables, error FROM replication.statements
WHERE via = :via AND state IN ('held', 'waiting')
ORDER BY held_id;
