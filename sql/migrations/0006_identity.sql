-- Which copy of the data this is. A dump, an upgrade, a promoted standby and a second copy all carry this schema along, but not
-- the transaction ids that the log and the positions are made of.
CREATE VIEW replication.home AS
SELECT h.now,
       CASE WHEN pg_is_in_recovery() THEN NULL -- a standby does nothing on its own account
            WHEN h.at_init ->> 'cluster' <> h.now ->> 'cluster'
            THEN 'it is in another PostgreSQL cluster than before (dumped and restored, or upgraded)'
            WHEN h.at_init ->> 'timeline' <> h.now ->> 'timeline'
            THEN format('it changed its timeline from %s to %s (restored from a backup, or a standby was promoted)',
                        h.at_init ->> 'timeline', h.now ->> 'timeline')
            WHEN h.at_init <> h.now
            THEN 'it was made anew in its cluster (restored in place, or copied)' END AS moved
FROM (SELECT (SELECT value::jsonb FROM replication.config WHERE key = 'home') AS at_init,
             jsonb_build_object('cluster', c.system_identifier::text, 'timeline', CASE WHEN NOT pg_is_in_recovery() THEN left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) END,
                                'database', d.oid::text, 'log', 'replication.events'::regclass::oid::text) AS now
      FROM pg_control_system() c
      JOIN pg_database d ON d.datname = current_database()) h;
COMMENT ON VIEW replication.home IS
    'where this database is; moved: it is not where its links began, so that the log''s transaction ids, the positions and tables.relation mean nothing';

-- A mark that changes whenever the neighbour is known to have it and to have read more: who goes back to an earlier state, or
-- lives on twice, does not know the marks that were given since.
ALTER TABLE replication.nodes
    ADD COLUMN mark uuid NOT NULL DEFAULT gen_random_uuid(),
    ADD COLUMN mark_before uuid;
ALTER TABLE replication.positions
    ADD COLUMN mark text,
    ADD COLUMN newest bigint;
COMMENT ON COLUMN replication.nodes.mark IS 'given to this neighbour, which keeps it with its position; it holds this one or the one before';
COMMENT ON COLUMN replication.positions.mark IS 'the source''s latest mark for us; null: made by an older version';
COMMENT ON COLUMN replication.positions.newest IS 'the highest version among the events read: one above it that counts as read was overlooked; null: made by an older version';
