-- The earliest statement of :via about one of these tables that was not run here, and is not this one itself.
SELECT state, statement FROM replication.statements
WHERE via = :via AND state IN ('held', 'waiting') AND tables && :'tables'::text[]
  AND held_id < coalesce((SELECT held_id FROM replication.statements WHERE origin = :origin AND number = :number), 9223372036854775807)
ORDER BY held_id LIMIT 1;
