-- Links that begin anew (docs/resync.md): each end has a name for the link, another one each time that it begins anew, and keeps the name that
-- the other end has.
ALTER TABLE replication.nodes
    ADD COLUMN knows text,
    ADD COLUMN used boolean NOT NULL DEFAULT false,
    ADD COLUMN whole boolean NOT NULL DEFAULT false,
    ADD COLUMN behind boolean NOT NULL DEFAULT false,
    ADD COLUMN yields boolean NOT NULL DEFAULT false,
    ADD COLUMN stale boolean NOT NULL DEFAULT false,
    ADD COLUMN asked jsonb,
    ADD COLUMN waiting_since timestamptz,
    ADD COLUMN waiting_at text;
COMMENT ON COLUMN replication.nodes.link IS 'our name for the link; another one each time that it begins anew';
COMMENT ON COLUMN replication.nodes.knows IS 'the neighbour''s name for the link; null: not known, so nothing is read';
COMMENT ON COLUMN replication.nodes.used IS 'something was read under these names';
COMMENT ON COLUMN replication.nodes.whole IS 'what we have and this neighbour has not read is in our log';
COMMENT ON COLUMN replication.nodes.behind IS 'we were whole when we took the name, and the neighbour had not gone back: we merely are behind';
COMMENT ON COLUMN replication.nodes.yields IS 'the same, as it is now';
COMMENT ON COLUMN replication.nodes.stale IS 'it was away too long: the log is not kept for it any more';
COMMENT ON COLUMN replication.nodes.waiting_since IS 'something waits for this neighbour, and since then it has read nothing (waiting_at)';
COMMENT ON COLUMN replication.nodes.asked IS
    'why the tables are to be made equal under this name: kind (join, repair, resync), from (the node whose rows win), tables; null: a link whose tables must be equal to begin with';

UPDATE replication.nodes n SET knows = p.link, used = p.link IS NOT NULL, whole = true
FROM replication.positions p WHERE p.node = n.node;
ALTER TABLE replication.positions DROP COLUMN link;

DROP FUNCTION IF EXISTS replication.sweep(integer, text, text, text); -- it has one parameter more now

-- What is still to be compared with a neighbour, at the end that compares.
CREATE TABLE replication.comparing (
    node       smallint NOT NULL REFERENCES replication.nodes ON DELETE CASCADE,
    tbl        integer NOT NULL REFERENCES replication.tables ON DELETE CASCADE,
    after      jsonb,
    compared   bigint NOT NULL DEFAULT 0,
    different  bigint NOT NULL DEFAULT 0,
    expected   bigint NOT NULL DEFAULT 0,
    bytes      bigint NOT NULL DEFAULT 0,
    done       boolean NOT NULL DEFAULT false,
    PRIMARY KEY (node, tbl)
);
COMMENT ON TABLE replication.comparing IS 'the tables that are being made equal with a neighbour''s, span by span in the order of their keys';
COMMENT ON COLUMN replication.comparing.after IS 'the key up to which that is done; null: it is not begun';
COMMENT ON COLUMN replication.comparing.expected IS 'how many rows the larger of the two tables was thought to have at the beginning';
