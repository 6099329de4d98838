-- Which tables a neighbour has compared with ours: one that has not yet will compare what is in them then.
ALTER TABLE replication.nodes ADD COLUMN compared text;
COMMENT ON COLUMN replication.nodes.compared IS
    'checksum of the names of the tables that this neighbour has compared with ours, as learned with `acknowledged`; null: none is known';

-- A TRUNCATE is one event of its table, and of no key: so `nr` is null, and nothing that looks for the events of a key finds it.
ALTER TABLE replication.events ALTER nr DROP NOT NULL;
COMMENT ON COLUMN replication.events.nr IS
    'the key where it is one integer column; otherwise the hash of `key`; null: the event is a TRUNCATE of the table';

CREATE OR REPLACE VIEW replication.log AS
SELECT e.id, e.xid, e.origin, e.via, t.schema_name, t.table_name, e.action::text AS action,
       CASE WHEN e.nr IS NULL THEN '[]' ELSE coalesce(e.key, jsonb_build_array(e.nr)) END AS key, coalesce(e.strength, 0) AS strength, e.version
FROM replication.events e
LEFT JOIN replication.tables t ON t.id = e.tbl;

-- The held rows that count: nothing was written here under their keys since, nor their table emptied.
CREATE OR REPLACE VIEW replication.standing AS
SELECT h.*
FROM replication.held h
WHERE NOT EXISTS (SELECT FROM replication.events e
                  WHERE e.tbl = h.tbl AND e.nr = h.nr AND coalesce(e.key, jsonb_build_array(e.nr)) = h.key
                    AND e.via = (SELECT node FROM replication.nodes WHERE is_self) AND e.id <> ALL (h.seen))
  AND NOT EXISTS (SELECT FROM replication.events e
                  WHERE e.tbl = h.tbl AND e.nr IS NULL
                    AND e.via = (SELECT node FROM replication.nodes WHERE is_self) AND e.id <> ALL (h.seen));
COMMENT ON COLUMN replication.held.seen IS
    'the events of its key in our log when it was held, and the TRUNCATEs; a later one made here supersedes it';
