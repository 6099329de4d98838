-- Greeting: notes the name that the link has at :source, and why it begins anew where only that end knows. Where the source has lost what we had read
-- (:lost), that counts no more, nor what it had read of us. :'position' is what counts as read from here on, empty where nothing is asked for: the tables
-- are then compared before anything is read.
UPDATE replication.nodes
SET knows = :'name', stale = false, yields = behind AND whole, whole = behind AND whole, asked = coalesce(asked, nullif(:'asked', '')::jsonb),
    acknowledged = CASE WHEN NOT :lost THEN acknowledged END, compared = NULL
WHERE node = :source AND NOT is_self;
-- What came from there it does not know any more: it is news for it, as if it had been made here.
UPDATE replication.events SET via = replication.node() WHERE via = :source AND :lost;
DELETE FROM replication.ahead WHERE node = :source AND :lost;
DELETE FROM replication.held_tables WHERE node = :source AND :lost;
DELETE FROM replication.positions WHERE node = :source AND :lost;
INSERT INTO replication.positions (node, snapshot, system_identifier, timeline, incarnation, mark, newest)
SELECT :source, nullif(:'position', '')::pg_snapshot, :'system_identifier', :'timeline', :'incarnation', :'mark', 0
WHERE :'position' <> ''
ON CONFLICT (node) DO UPDATE SET mark = excluded.mark;
INSERT INTO replication.compared (node, tbl) SELECT :source, unnest(:'tables'::integer[]) ON CONFLICT DO NOTHING;
DELETE FROM replication.comparing WHERE node = :source; -- of an older name of the source
INSERT INTO replication.comparing (node, tbl, expected)
SELECT :source, (x->>0)::integer, (x->>1)::bigint FROM jsonb_array_elements(:'to_compare'::jsonb) x;
SELECT pg_notify('trompd_wake', '');
