-- Which tables were compared with :source already, does the link have its position, and which link is it?
SELECT coalesce((SELECT json_agg(tbl) FROM replication.compared WHERE node = :source), '[]') AS compared,
       EXISTS (SELECT FROM replication.positions WHERE node = :source) AS started,
       (SELECT link FROM replication.nodes WHERE node = :source) AS own_link;
