-- Large objects: columns whose numbers stand for large objects, which travel with their rows.
ALTER TABLE replication.tables ADD COLUMN large_objects text[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN replication.tables.large_objects IS 'columns that refer to large objects: each node has its own, with its own number';

CREATE TABLE replication.kept_objects (
    object oid PRIMARY KEY
);
COMMENT ON TABLE replication.kept_objects IS
    'large objects of rows that are held or lost. A table with a column of this type, so that vacuumlo leaves them alone too';
