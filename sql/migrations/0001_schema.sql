-- Schema `replication`, version 1: what a node keeps about itself, its neighbours and the changes made to its tables.
-- Applied once, in one transaction, by `trompctl init`. Functions and triggers are in sql/capture/ and are renewed by every init.

CREATE SCHEMA replication;
COMMENT ON SCHEMA replication IS 'pg_trompe: asynchronous multi-master replication; made by trompctl init, taken away by trompctl uninit';

CREATE TABLE replication.config (
    key   text PRIMARY KEY,
    value text NOT NULL
);
COMMENT ON TABLE replication.config IS 'schema_version, max_nodes and incarnation (made at init: the identity of this copy of the data)';

CREATE TABLE replication.nodes (
    node         smallint PRIMARY KEY CHECK (node > 0),
    name         text NOT NULL,
    is_self      boolean NOT NULL DEFAULT false,
    paused       boolean NOT NULL DEFAULT false,
    acknowledged pg_snapshot
);
CREATE UNIQUE INDEX nodes_one_self ON replication.nodes (is_self) WHERE is_self;
COMMENT ON TABLE replication.nodes IS 'this node and its neighbours; no event is pruned before every neighbour listed here has acknowledged it';
COMMENT ON COLUMN replication.nodes.acknowledged IS
    'what this neighbour has read of our log, as learned with our last applied pull from it; null: nothing known';

CREATE TABLE replication.tables (
    id              integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    relation        oid NOT NULL UNIQUE,
    schema_name     text NOT NULL,
    table_name      text NOT NULL,
    key_columns     text[] NOT NULL,
    resolver        text NOT NULL,
    delete_resolver text NOT NULL,
    priority        smallint[] NOT NULL DEFAULT '{}',
    strength        text,
    UNIQUE (schema_name, table_name)
);
COMMENT ON TABLE replication.tables IS 'the replicated tables; id is this node''s own number for the table, events carry it';

CREATE TABLE replication.positions (
    node              smallint PRIMARY KEY REFERENCES replication.nodes ON DELETE CASCADE,
    snapshot          pg_snapshot NOT NULL,
    updated_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    system_identifier text NOT NULL,
    timeline          text NOT NULL,
    incarnation       text NOT NULL,
    last_event        bigint NOT NULL DEFAULT 0
);
COMMENT ON TABLE replication.positions IS
    'what we have read of each neighbour''s log, with the identity of the database it was read from; advanced by the transaction that applies a batch';

CREATE TABLE replication.compared (
    node smallint NOT NULL REFERENCES replication.nodes ON DELETE CASCADE,
    tbl  integer NOT NULL REFERENCES replication.tables ON DELETE CASCADE,
    PRIMARY KEY (node, tbl)
);
COMMENT ON TABLE replication.compared IS
    'the tables that were compared with a neighbour and found equal; no other table flows over its link';

-- Log -----------------------------------------------------------------------------------------------------------------

CREATE SEQUENCE replication.event_id CACHE 1;

CREATE TABLE replication.events (
    id       bigint NOT NULL DEFAULT nextval('replication.event_id'),
    xid      xid8 NOT NULL,
    nr       bigint NOT NULL,
    version  bigint NOT NULL,
    tbl      integer NOT NULL,
    via      smallint NOT NULL,
    origin   smallint NOT NULL,
    action   "char" NOT NULL,
    strength double precision,
    ord      bigint,
    number   bigint,
    key      jsonb
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 5000,
        autovacuum_vacuum_insert_scale_factor = 0.2, autovacuum_analyze_scale_factor = 0.1);
CREATE INDEX events_xid ON replication.events (xid);
CREATE INDEX events_key ON replication.events (tbl, nr);
COMMENT ON TABLE replication.events IS 'the log: this key of this table changed; the row itself is read from its table';
COMMENT ON COLUMN replication.events.nr IS 'the key where it is one integer column; otherwise the hash of `key`';
COMMENT ON COLUMN replication.events.version IS 'hybrid logical clock, microseconds since 1970';
COMMENT ON COLUMN replication.events.strength IS 'null: 0';
COMMENT ON COLUMN replication.events.ord IS 'the events of a key are ordered by (ord, id); null: id';
COMMENT ON COLUMN replication.events.number IS 'the id of the event at its origin; null: it was made here';
COMMENT ON COLUMN replication.events.key IS 'the key columns as an array; null where the key is one integer column';

CREATE VIEW replication.log AS
SELECT e.id, e.xid, e.origin, e.via, t.schema_name, t.table_name, e.action::text AS action,
       coalesce(e.key, jsonb_build_array(e.nr)) AS key, coalesce(e.strength, 0) AS strength, e.version
FROM replication.events e
LEFT JOIN replication.tables t ON t.id = e.tbl;

CREATE TABLE replication.ahead (
    node   smallint NOT NULL REFERENCES replication.nodes ON DELETE CASCADE,
    tbl    integer NOT NULL,
    nr     bigint NOT NULL,
    key    jsonb,
    ord    bigint NOT NULL,
    id     bigint NOT NULL,
    beyond xid8[] NOT NULL
);
CREATE INDEX ahead_key ON replication.ahead (node, tbl, nr);
COMMENT ON TABLE replication.ahead IS
    'keys whose row was taken from a neighbour with events that lie beyond the position: the newest of these, and their transactions';

CREATE TABLE replication.unlocked (
    node smallint NOT NULL REFERENCES replication.nodes ON DELETE CASCADE,
    tbl  integer NOT NULL,
    nr   bigint NOT NULL,
    key  jsonb,
    seen bigint[] NOT NULL
);
COMMENT ON TABLE replication.unlocked IS
    'deletes taken for keys that had no row to lock, until it is known that no insert of theirs was committed at that moment; seen: the events that were looked at';

-- 2: armed, the daemon sleeps and wants a NOTIFY; anything else: it looks by itself. A sequence, because its value is not transactional.
CREATE SEQUENCE replication.armed;
-- The highest version received from any neighbour; a local write takes a higher one.
CREATE SEQUENCE replication.clock;

-- What needs a person's eye -------------------------------------------------------------------------------------------

CREATE TABLE replication.conflicts (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    detected_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    type           text NOT NULL,
    schema_name    text NOT NULL,
    table_name     text NOT NULL,
    key            jsonb NOT NULL,
    winner_origin  smallint,
    winner_version bigint,
    loser_origin   smallint,
    loser_version  bigint,
    loser_row      jsonb,
    resolver       text NOT NULL,
    restored_at    timestamptz,
    neighbour      smallint NOT NULL
);
COMMENT ON TABLE replication.conflicts IS 'every change that lost against another, on the node that decided; loser_row is null where the loser was a delete';

CREATE TABLE replication.held (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    since       timestamptz NOT NULL DEFAULT clock_timestamp(),
    schema_name text NOT NULL,
    table_name  text NOT NULL,
    key         jsonb NOT NULL,
    row         jsonb,
    error       text NOT NULL,
    tries       integer NOT NULL DEFAULT 1,
    neighbour   smallint NOT NULL
);
COMMENT ON TABLE replication.held IS 'rows that came from a neighbour and could not be applied';
