-- Session of a direction in the target database, once after connecting. :source is the node whose changes come in.
-- Locks are given up before the server looks for a deadlock: it is the daemon that gives way then, not a user.
SET session_replication_role = replica;
SELECT set_config('lock_timeout', least(200, extract(epoch FROM current_setting('deadlock_timeout')::interval) * 500)::int::text, false);
CREATE TEMP TABLE incoming_event (
    tbl        integer NOT NULL,
    wire_nr    bigint,
    key        jsonb,
    step       integer NOT NULL,
    action     "char" NOT NULL CHECK (action IN ('I', 'U', 'D')),
    strength   double precision NOT NULL,
    version    bigint NOT NULL CHECK (version BETWEEN 0 AND 9007199254740992),
    origin     smallint NOT NULL,
    number     bigint NOT NULL CHECK (number BETWEEN 0 AND 9007199254740992),
    xid        xid8 NOT NULL,   -- that logged it at the source
    beyond     xid8[],          -- transactions of the key beyond the chunk: its row is taken with them
    found      boolean NOT NULL DEFAULT false, -- no event of the source: a comparison found that the rows differ
    nr         bigint GENERATED ALWAYS AS (coalesce(wire_nr, jsonb_hash_extended(key, 0))) STORED NOT NULL
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE their_ahead (
    tbl     integer NOT NULL,
    wire_nr bigint,
    key     jsonb,
    beyond  xid8[] NOT NULL,
    nr      bigint GENERATED ALWAYS AS (coalesce(wire_nr, jsonb_hash_extended(key, 0))) STORED NOT NULL
) ON COMMIT DELETE ROWS;
-- A TRUNCATE of the batch, one for each table; and keys that must not be deleted for it, though their rows are gone at the source.
CREATE TEMP TABLE incoming_truncate (
    tbl     integer PRIMARY KEY,
    version bigint NOT NULL CHECK (version BETWEEN 0 AND 9007199254740992),
    origin  smallint NOT NULL,
    number  bigint NOT NULL CHECK (number BETWEEN 0 AND 9007199254740992)
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE spared_key (
    tbl     integer NOT NULL,
    wire_nr bigint,
    key     jsonb,
    beyond  xid8[],             -- transactions with which it comes later; null: it is held at the source
    nr      bigint GENERATED ALWAYS AS (coalesce(wire_nr, jsonb_hash_extended(key, 0))) STORED NOT NULL
) ON COMMIT DELETE ROWS;
-- A key of the batch, and what becomes of it.
CREATE TEMP TABLE decision (
    tbl        integer NOT NULL,
    nr         bigint NOT NULL,
    key        jsonb,
    theirs     double precision[] NOT NULL, -- the strongest tag of the source's side: strength, version, origin, number
    inserted   boolean NOT NULL,            -- the source's side holds an insert
    present    boolean NOT NULL,            -- there is a row at the source
    steps      integer NOT NULL DEFAULT 1,  -- how many of its events came
    beyond     xid8[],
    swept      boolean NOT NULL DEFAULT false, -- its row is to go with a TRUNCATE; no event of its own came
    here       boolean NOT NULL DEFAULT false, -- there is a row here, and it is locked
    ours       double precision[],             -- the strongest tag of our side; null: our side is empty
    inserted_here boolean,
    truncated  double precision[],             -- a TRUNCATE here that the source had not seen, and that loses to its row
    ord_here   bigint,                         -- the newest event of the key in our log, when we looked
    seen       bigint[],                       -- all its events in our log, when we looked
    side       bigint[],                       -- those of our side
    shared     boolean NOT NULL DEFAULT false, -- events are in both sides; resolve_shared.sql
    behind     bigint[],                       -- then: the place of the last of them in our log; `ours` is of what comes behind it
    rest       double precision[],             -- then: the strongest tag behind it in the source's side
    alike      text CHECK (alike IN ('same', 'theirs', 'ours')), -- then, where neither side has more: which row it is to be
    image      jsonb,                          -- the held row that stands for the row here, as text by column
    held       bigint,                         -- the held row that is tried again with this batch; null: the key came with it
    refused    text,                           -- why the row cannot be applied
    settled    boolean NOT NULL DEFAULT false,
    found      boolean NOT NULL DEFAULT false, -- as in incoming_event
    equal      boolean NOT NULL DEFAULT false, -- the rows are, now that the one here is locked
    stays      boolean NOT NULL DEFAULT false, -- what is here does, though no log speaks for it
    keeps      boolean NOT NULL DEFAULT false, -- what loses is kept, though no two changes met
    taken      boolean GENERATED ALWAYS AS (CASE WHEN stays OR (found AND ours IS NOT NULL) THEN false WHEN NOT shared THEN ours IS NULL OR theirs > ours
                                                 ELSE coalesce(alike <> 'ours', rest > ours, ours IS NULL) END) STORED,
    conflict   boolean GENERATED ALWAYS AS (CASE WHEN found THEN false WHEN NOT shared THEN ours IS NOT NULL AND theirs <> ours
                                                 ELSE coalesce(alike <> 'same', ours IS NOT NULL AND rest IS NOT NULL) END) STORED
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE lost (
    tbl            integer NOT NULL,
    nr             bigint NOT NULL,
    key            jsonb,
    type           text NOT NULL,
    winner         double precision[] NOT NULL,
    loser          double precision[] NOT NULL,
    loser_row      jsonb,
    compared       boolean NOT NULL
) ON COMMIT DELETE ROWS;
-- Rows that others may refer to, as they were before the merge.
CREATE TEMP TABLE parent_row (
    relation oid NOT NULL,
    row      jsonb NOT NULL,
    tag      double precision[] NOT NULL
) ON COMMIT DELETE ROWS;
SELECT (SELECT node FROM replication.nodes WHERE is_self) AS node,
       pg_is_in_recovery() AS in_recovery,
       pg_backend_pid() AS pid,
       (SELECT backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()) AS began,
       pg_try_advisory_lock(1953656685, 100000 + :source) AS alone;
