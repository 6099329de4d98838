-- Held rows: rows that came from a neighbour and were taken, but that this database refuses. They count as the rows of their
-- keys: their image travels on, and they become rows as soon as nothing is in the way.
ALTER TABLE replication.held
    ADD COLUMN tbl integer NOT NULL REFERENCES replication.tables ON DELETE CASCADE,
    ADD COLUMN nr bigint NOT NULL,
    ADD COLUMN tag float8[] NOT NULL,
    ADD COLUMN seen bigint[] NOT NULL;
CREATE UNIQUE INDEX held_key ON replication.held (tbl, key);
COMMENT ON COLUMN replication.held.row IS 'the columns, as text';
COMMENT ON COLUMN replication.held.tag IS 'of the change that brought it: strength, version, origin, number';
COMMENT ON COLUMN replication.held.seen IS 'the events of its key in our log when it was held; a later one made here supersedes it';

-- The held rows that count: nothing was written here under their keys since.
CREATE VIEW replication.standing AS
SELECT h.*
FROM replication.held h
WHERE NOT EXISTS (SELECT FROM replication.events e
                  WHERE e.tbl = h.tbl AND e.nr = h.nr AND coalesce(e.key, jsonb_build_array(e.nr)) = h.key
                    AND e.via = (SELECT node FROM replication.nodes WHERE is_self) AND e.id <> ALL (h.seen));
