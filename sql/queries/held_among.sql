-- The held row or statement :id, or all where it is null.
SELECT l.id, l.error
FROM (SELECT id, error FROM replication.held
      UNION ALL
      SELECT held_id, error FROM replication.statements WHERE held_id IS NOT NULL) l
WHERE :id::bigint IS NULL OR l.id = :id ORDER BY l.id;
