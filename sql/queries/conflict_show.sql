SELECT x.*, row_to_json(x) AS json
FROM (SELECT c.*, :'present'::json AS present_row FROM replication.conflicts c WHERE c.id = :id) x
