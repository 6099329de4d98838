-- The earlier statements of :via about one of these tables that were not run here, and the names of the tables they have in common.
SELECT s.state, s.statement, to_json(ARRAY(SELECT unnest(s.tables) INTERSECT SELECT unnest(:'tables'::text[]))) AS common
FROM replication.statements s
WHERE s.via = :via AND s.state IN ('held', 'waiting') AND s.tables && :'tables'::text[]
  AND s.held_id < coalesce((SELECT held_id FROM replication.statements WHERE origin = :origin AND number = :number), 9223372036854775807)
ORDER BY s.held_id;
