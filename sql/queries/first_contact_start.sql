-- First contact is done. A new link starts, and reads the whole log of the source; one that flows goes on where it was.
INSERT INTO replication.compared (node, tbl) SELECT :source, unnest(:'tables'::integer[]);
INSERT INTO replication.positions (node, snapshot, system_identifier, timeline, incarnation, link, mark, newest)
VALUES (:source, '1:1:', :'system_identifier', :'timeline', :'incarnation', :'link', :'mark', 0)
ON CONFLICT (node) DO NOTHING;
SELECT pg_notify('trompd_wake', ''); -- the source may as well know
COMMIT;
