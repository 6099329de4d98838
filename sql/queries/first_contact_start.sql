-- First contact is done. A new link starts, and reads the whole log of the source; one that flows goes on where it was.
INSERT INTO replication.compared (node, tbl) SELECT :source, unnest(:'tables'::integer[]);
INSERT INTO replication.positions (node, snapshot, system_identifier, timeline, incarnation, mark, newest)
VALUES (:source, '1:1:', :'system_identifier', :'timeline', :'incarnation', :'mark', 0)
ON CONFLICT (node) DO NOTHING;
UPDATE replication.nodes SET whole = true, yields = false WHERE node = :source AND NOT (whole AND NOT yields) AND NOT EXISTS (SELECT FROM replication.comparing WHERE node = :source);
SELECT pg_notify('trompd_wake', ''); -- the source may as well know
COMMIT;
