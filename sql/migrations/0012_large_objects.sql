-- Large objects: columns whose numbers stand for large objects, which travel with their rows.
ALTER TABLE replication.tables ADD COLUMN large_objects text[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN replication.tables.large_objects IS 'columns that refer to large objects: each node has its own, with its own number';
ALTER TABLE replication.rules ADD COLUMN large_objects text[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN replication.rules.large_objects IS 'sorted';

CREATE TABLE replication.kept_objects (
    object oid PRIMARY KEY
);
COMMENT ON TABLE replication.kept_objects IS
    'large objects of rows that are held or lost. A table with a column of this type, so that vacuumlo leaves them alone too';

-- What came of objects that do not come in one piece, so that a link that is cut goes on where it was. Not logged: after a crash of the server it comes again.
-- A block is known by what it contains, and by nothing that the source says, so what is found here is always right.
CREATE UNLOGGED TABLE replication.fetched_blocks (
    node    smallint NOT NULL REFERENCES replication.nodes ON DELETE CASCADE,
    content bytea NOT NULL,
    md5     text NOT NULL GENERATED ALWAYS AS (md5(content)) STORED
);
ALTER TABLE replication.fetched_blocks ALTER COLUMN content SET STORAGE EXTERNAL;
CREATE INDEX fetched_blocks_by_content ON replication.fetched_blocks (node, md5);
COMMENT ON TABLE replication.fetched_blocks IS 'blocks of large objects that came from this neighbour, and belong to a batch that is not applied yet';
