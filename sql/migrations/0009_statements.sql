-- Changes of the schema: what somebody gave here or elsewhere, in order with the data. They are kept for good: a node knows by them what it has already.
CREATE TABLE replication.statements (
    origin    smallint NOT NULL,
    number    bigint NOT NULL,
    via       smallint NOT NULL,
    version   bigint NOT NULL,
    statement text NOT NULL,
    role      text NOT NULL,
    settings  jsonb NOT NULL,
    alone     boolean NOT NULL,
    tables    text[] NOT NULL DEFAULT '{}',
    state     text NOT NULL DEFAULT 'done' CHECK (state IN ('done', 'held', 'skipped')),
    error     text,
    tries     integer NOT NULL DEFAULT 1,
    taken_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (origin, number)
);
COMMENT ON TABLE replication.statements IS 'the DDL statements that were given at this node or taken from a neighbour; the log has an event S for each, whose key is (origin, number)';
COMMENT ON COLUMN replication.statements.number IS 'the id of its event at its origin';
COMMENT ON COLUMN replication.statements.via IS 'the neighbour that handed it to us; this node where it was given here';
COMMENT ON COLUMN replication.statements.role IS 'who gave it';
COMMENT ON COLUMN replication.statements.settings IS 'what it takes to mean the same elsewhere';
COMMENT ON COLUMN replication.statements.alone IS 'it cannot be in a transaction with its data: elsewhere it is run before, in one of its own';
COMMENT ON COLUMN replication.statements.tables IS 'the tables that it concerns, as they were called before it';
COMMENT ON COLUMN replication.statements.state IS 'held: this database refused it, for the reason in error; skipped: this node takes none';

COMMENT ON COLUMN replication.events.tbl IS '0: no table, but the schema (action S)';
