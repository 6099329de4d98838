-- The held row :id, or all where it is null.
SELECT id, error FROM replication.held WHERE :id::bigint IS NULL OR id = :id ORDER BY id;
