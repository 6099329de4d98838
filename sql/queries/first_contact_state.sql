-- Which tables were compared with :source already, and does the link have its position?
SELECT coalesce((SELECT json_agg(tbl) FROM replication.compared WHERE node = :source), '[]') AS compared,
       EXISTS (SELECT FROM replication.positions WHERE node = :source) AS started,
       (SELECT snapshot FROM replication.positions WHERE node = :source) AS position,
       (SELECT coalesce(jsonb_object_agg(h.tbl, h.snapshot::text), '{}') FROM replication.held_tables h WHERE h.node = :source) AS held_tables;
