-- Tables that differ from a neighbour's wait by themselves, and the others go on: each then has a position of its own.
CREATE TABLE replication.held_tables (
    node        smallint NOT NULL REFERENCES replication.nodes ON DELETE CASCADE,
    tbl         integer NOT NULL,
    schema_name text NOT NULL,
    table_name  text NOT NULL,
    snapshot    pg_snapshot NOT NULL,
    reason      text NOT NULL,
    since       timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (node, tbl)
);
COMMENT ON TABLE replication.held_tables IS
    'tables whose changes wait at a neighbour because they cannot be applied here; snapshot: what we have read of them, in place of the link''s position';
COMMENT ON COLUMN replication.held_tables.tbl IS 'the neighbour''s number for the table';

ALTER TABLE replication.nodes ADD COLUMN held integer[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN replication.nodes.held IS 'our tables whose changes this neighbour holds: it has not read what it acknowledges of them';
