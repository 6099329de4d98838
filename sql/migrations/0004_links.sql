-- Which link it is: a neighbour that was removed and listed again is another one, for which the log was not kept meanwhile.
ALTER TABLE replication.nodes ADD COLUMN link uuid NOT NULL DEFAULT gen_random_uuid();
ALTER TABLE replication.positions ADD COLUMN link text;
COMMENT ON COLUMN replication.positions.link IS 'the source''s name for the link; null: made by an older version';
