-- What became of a statement of :via at this node. It is told on to the others, where there are any, once, whatever became of it here.
INSERT INTO replication.statements AS s (origin, number, via, version, statement, role, settings, alone, tables, state, error, held_id)
VALUES (:origin, :number, :via, :version, :'statement', :'role', :'settings', :alone, :'tables', :'state', nullif(:'error', ''),
        CASE WHEN :'state' IN ('held', 'waiting') THEN nextval(pg_get_serial_sequence('replication.held', 'id')) END)
ON CONFLICT (origin, number) DO UPDATE
SET state = excluded.state, error = excluded.error, tries = s.tries + 1,
    held_id = CASE WHEN excluded.held_id IS NOT NULL THEN coalesce(s.held_id, excluded.held_id) END;
SELECT replication.advance_clock(:version);
INSERT INTO replication.events (xid, nr, version, tbl, via, origin, action, number, key)
SELECT pg_current_xact_id(), :number, :version, 0, :via, :origin, 'S', :number, jsonb_build_array(:origin, :number)
WHERE EXISTS (SELECT FROM replication.nodes o WHERE NOT o.is_self AND o.node <> :via)
  AND NOT EXISTS (SELECT FROM replication.statements s WHERE s.origin = :origin AND s.number = :number AND s.tries > 1);
SELECT pg_notify('trompd_wake', '') FROM replication.statements WHERE origin = :origin AND number = :number AND (tries = 1 OR held_id IS NULL);
