-- First contact is done and the link starts: it reads the whole log of the source.
INSERT INTO replication.positions (node, snapshot, system_identifier, timeline, incarnation)
VALUES (:source, '1:1:', :'system_identifier', :'timeline', :'incarnation');
COMMIT;
